//! Sound in formats that are not read here but by browsers.

/// Whether a file looks like sound that browsers read: MP3, AAC, Ogg (Vorbis, Opus), FLAC, MPEG-4, WebM.
#[must_use]
pub fn is_foreign(bytes: &[u8]) -> bool {
    let beginnings: [&[u8]; 4] = [b"ID3", b"OggS", b"fLaC", b"\x1a\x45\xdf\xa3"];
    let media = bytes.get(4..8) == Some(b"ftyp")
        && matches!(bytes.get(8..12), Some(b"M4A " | b"M4B " | b"mp42" | b"isom" | b"iso5"));
    media || beginnings.iter().any(|begin| bytes.starts_with(begin)) || is_frame(bytes)
}

/// Whether a file begins with a frame of MPEG audio of layer III, or of AAC in ADTS.
fn is_frame(bytes: &[u8]) -> bool {
    let &[0xff, second, third, _, ..] = bytes else { return false };
    let layer_three = second & 0xe6 == 0xe2 && second & 0x18 != 0x08;
    // A bit rate and a sample rate that there are.
    let mp3 = layer_three && third >> 4 != 0xf && third >> 4 != 0 && third >> 2 & 3 != 3;
    mp3 || second & 0xf6 == 0xf0 && third >> 2 & 15 < 13
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn formats_are_known_by_their_beginning() {
        let sounds: [&[u8]; 7] = [
            b"ID3\x04\0\0\0\0\0\0",
            &[0xff, 0xfb, 0x90, 0x64],
            &[0xff, 0xf3, 0x40, 0xc4],
            &[0xff, 0xf1, 0x50, 0x80],
            b"OggS\0\x02",
            b"fLaC\0\0\0\x22",
            b"\0\0\0\x20ftypM4A \0\0\0\0",
        ];
        assert!(sounds.iter().all(|bytes| is_foreign(bytes)));
        // JPEG, UTF-16, JPEG XL, nothing, an impossible rate, AVIF.
        let others: [&[u8]; 6] = [
            &[0xff, 0xd8, 0xff, 0xe0],
            &[0xff, 0xfe, 0x41, 0],
            &[0xff, 0x0a, 0, 0],
            b"",
            &[0xff, 0xfb, 0xfc, 0],
            b"\0\0\0\x20ftypavif\0\0\0\0",
        ];
        assert!(others.iter().all(|bytes| !is_foreign(bytes)));
    }
}
