//! Small files of all forms, for the tests that loop over the formats.

/// Text in UTF-16 behind its byte order mark.
pub(super) fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(bytes).collect()
}

/// Plain, quoted, with a byte order mark, in UTF-16 and Windows-1252, and with mixed line ends.
pub(in crate::formats) fn examples() -> Vec<Vec<u8>> {
    let quoted = "name,note\n\"Ada, L.\",\"two\nlines\"\n\"say \"\"hi\"\"\",x\nGrace,y\n";
    vec![
        b"age,city\n41,Bonn\n17,Oslo\n".to_vec(),
        quoted.into(),
        format!("\u{feff}{quoted}").into(),
        utf16("größe;stadt\r\n1,5;Köln\r\n2,5;🌍\r\n", u16::to_le_bytes),
        utf16("größe;stadt\r\n1,5;Köln\r\n2,5;🌍\r\n", u16::to_be_bytes),
        b"a\tb\nM\xfcnchen\t1\r\nK\xf6ln\t2\rBonn\t3".to_vec(),
        b"a|b|c\n1|2|3\n\n4|5\n6|7|8\n9|1|2\n1|1|1\n2|2|2\n3|3|3\n4|4|4\n5|5|5\n6|6|6\n7|7|7\n"
            .to_vec(),
    ]
}
