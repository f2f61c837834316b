use super::*;
use crate::ErrorKind;
use crate::data::Preprocessing;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// As it is typed, but for the split.
fn plain(split: Split) -> TextSpec {
    TextSpec { lowercase: false, split, max_tokens: 1000, ..TextSpec::default() }
}

fn encoder(spec: &TextSpec, texts: &[&str]) -> TextEncoder {
    TextEncoder::new(spec.fit(texts.iter().copied()).unwrap()).unwrap()
}

fn tokens(text: &str, spec: &TextSpec) -> Vec<String> {
    let mut found = Vec::new();
    segment::tokens(text, spec, |token| found.push(token.to_owned()));
    found
}

/// Texts that go wrong elsewhere.
const TEXTS: [&str; 12] = [
    "",
    " ",
    "\r\n",
    "one\r\ntwo\rthree\n\nfour",
    "The quick (\"brown\") fox can't jump 32.3 feet, right?",
    "👨‍👩‍👧 🎉🎉 👍🏽 🇫🇷🇩🇪 ❤️",
    "e\u{301}te\u{301} été ａ ﬁn",
    "שָׁלוֹם עולם مَرْحَبًا بالعالم",
    "नमस्ते दुनिया สวัสดี 한국어 東京都",
    "\u{202E}right\u{202C} \u{200B}zero\u{FEFF}width\0",
    "a\u{300}\u{301}\u{302}\u{303}\u{304}b",
    "\u{FFFD}\u{10FFFF}",
];

#[test]
fn words_are_those_of_unicode() {
    // The example of UAX #29, and its rules for apostrophes, numbers and underscores.
    let text = "The quick (\"brown\") fox can't jump 32.3 feet, right?";
    assert_eq!(
        tokens(text, &plain(Split::Words)),
        ["The", "quick", "brown", "fox", "can't", "jump", "32.3", "feet", "right"]
    );
    assert_eq!(
        tokens("(a_b), 1,000! x", &plain(Split::WordsAndPunctuation)),
        ["(", "a_b", ")", ",", "1,000", "!", "x"]
    );
    for (text, words) in [
        (TEXTS[3], &["one", "two", "three", "four"][..]),
        (TEXTS[5], &["👨‍👩‍👧", "🎉", "🎉", "👍🏽", "🇫🇷", "🇩🇪", "❤️"]),
        ("שלום, עולם!", &["שלום", "עולם"]),
        ("東京", &["東", "京"]),
        ("!!! --- ...", &[]),
    ] {
        assert_eq!(tokens(text, &plain(Split::Words)), words, "{text}");
    }
}

#[test]
fn characters_are_what_a_reader_sees() {
    let spec = plain(Split::Characters);
    assert_eq!(tokens("👨‍👩‍👧🇫🇷🇩🇪é\r\n", &spec), ["👨‍👩‍👧", "🇫🇷", "🇩🇪", "é", "\n"]);
    // Composed, however it was typed.
    assert_eq!(tokens("e\u{301}", &spec), ["\u{E9}"]);
    assert_eq!(tokens("\u{1112}\u{1161}\u{11AB}", &spec), ["한"]);
}

#[test]
fn case_and_accents_go_where_that_is_asked_for() {
    let lower = TextSpec { lowercase: true, ..plain(Split::Words) };
    assert_eq!(tokens("ÉTÉ Été ΟΔΟΣ STRASSE İ", &lower), ["été", "été", "οδος", "strasse", "i̇"]);
    let both = TextSpec { strip_accents: true, ..lower };
    // Hebrew points and Arabic vowels go, the vowels of Devanagari and the parts of Hangul stay.
    for (text, stripped) in [
        ("Été", "ete"),
        ("e\u{301}", "e"),
        ("ÅNGSTRÖM", "angstrom"),
        ("łódź", "łodz"),
        ("שָׁלוֹם", "שלום"),
        ("مَرْحَبًا", "مرحبا"),
        ("किताब", "किताब"),
        ("한국어", "한국어"),
    ] {
        assert_eq!(tokens(text, &both), [stripped], "{text}");
    }
}

#[test]
fn the_most_frequent_tokens_have_the_lowest_ids() {
    let texts = ["b a c b", "a b d", "d e"];
    let encoder = encoder(&plain(Split::Words), &texts);
    // 3 b, 2 a, 2 d, 1 c, 1 e: by frequency, then by code points.
    assert_eq!(encoder.spec().vocabulary, ["b", "a", "d", "c", "e"]);
    assert_eq!(encoder.ids(), 7);
    assert_eq!(encoder.encode("e b unseen A"), [6, 2, UNKNOWN, UNKNOWN]);
    let fit = |max_tokens, min_count| {
        let spec = TextSpec { max_tokens, min_count, ..plain(Split::Words) };
        spec.fit(texts).map(|spec| spec.vocabulary)
    };
    assert_eq!(fit(4, 1).unwrap(), ["b", "a"]);
    assert_eq!(fit(1000, 2).unwrap(), ["b", "a", "d"]);
    let error = fit(1000, 4).unwrap_err();
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::Data, "text: no token occurs 4 times, expected at least 1 that does")
    );
    let again = encoder.spec().fit(["z"]).unwrap();
    assert_eq!(again.vocabulary, ["z"]);
}

#[test]
fn sequences_are_filled_up_and_cut_at_the_end_that_was_asked_for() {
    let spec = plain(Split::Words).fit(["a b c d"]).unwrap();
    for (padding, truncation, short, long) in [
        (Side::Post, Side::Post, [2, 3, 0], [2, 3, 4]),
        (Side::Pre, Side::Post, [0, 2, 3], [2, 3, 4]),
        (Side::Post, Side::Pre, [2, 3, 0], [3, 4, 5]),
        (Side::Pre, Side::Pre, [0, 2, 3], [3, 4, 5]),
    ] {
        let spec = TextSpec { length: Some(3), padding, truncation, ..spec.clone() };
        let encoder = TextEncoder::new(spec).unwrap();
        assert_eq!(encoder.encode("a b"), short);
        assert_eq!(encoder.encode("a b c d"), long);
        assert_eq!(encoder.encode(""), [0; 3]);
        assert_eq!(encoder.encode_to("a b c d", 0).unwrap(), [0; 0]);
        let error = encoder.encode_to("a", usize::MAX).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge);
    }
}

#[test]
fn sequences_are_fitted_to_the_networks_input() {
    let spec = plain(Split::Words).fit(["a b"]).unwrap();
    let free = TextEncoder::new(spec.clone()).unwrap();
    assert_eq!(free.prepare("b a c", &[4]).unwrap(), [3.0, 2.0, 1.0, 0.0]);
    let fixed = TextEncoder::new(TextSpec { length: Some(2), ..spec }).unwrap();
    assert_eq!(fixed.prepare("b a c", &[2]).unwrap(), [3.0, 2.0]);
    for (encoder, shape, message) in [
        (&fixed, &[4][..], "text: the network's input has the shape [4], expected [2]"),
        (&free, &[4, 1], "text: the network's input has the shape [4, 1], expected [length]"),
    ] {
        let error = encoder.prepare("a", shape).unwrap_err();
        assert_eq!((error.kind(), error.message()), (ErrorKind::Shape, message));
    }
}

#[test]
fn what_is_encoded_is_decoded() {
    for text in TEXTS {
        // Texts as they are after composition and with one kind of line end.
        let characters = encoder(&plain(Split::Characters), &[text, "x"]);
        let normal = tokens(text, &plain(Split::Characters)).concat();
        assert_eq!(characters.decode(&characters.encode(text)).unwrap(), normal);
        let pairs = encoder(&plain(Split::BytePairs), &TEXTS);
        assert_eq!(pairs.decode(&pairs.encode(text)).unwrap(), normal);
        // Nothing is unknown to bytes, whatever they were learned from.
        let others = encoder(&plain(Split::BytePairs), &[]);
        assert_eq!(others.decode(&others.encode(text)).unwrap(), normal);
        let words = encoder(&plain(Split::Words), &[text, "x"]);
        let joined = tokens(text, &plain(Split::Words)).join(" ");
        assert_eq!(words.decode(&words.encode(text)).unwrap(), joined);
    }
}

#[test]
fn ids_that_are_no_text_are_said_to_be_none() {
    let words = encoder(&plain(Split::Words), &["a b"]);
    assert_eq!(words.decode(&[2, 0, 1, 3, 0]).unwrap(), "a \u{FFFD} b");
    let error = words.decode(&[2, 4]).unwrap_err();
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::Argument, "text: id 1 is 4, expected less than 4")
    );
    assert!(words.decode(&[u32::MAX]).is_err());
    let pairs = encoder(&plain(Split::BytePairs), &[]);
    assert_eq!(pairs.ids(), 258);
    // Half of a character.
    assert_eq!(pairs.decode(&[2 + 0xC3]).unwrap(), "\u{FFFD}");
    assert!(pairs.decode(&[258]).is_err());
}

#[test]
fn long_tokens_are_unknown_and_long_words_are_cut() {
    let long = "a".repeat(10_000);
    let spec = plain(Split::Words);
    let encoder_of = |spec: &TextSpec| encoder(spec, &[&long, "b"]);
    assert_eq!(encoder_of(&spec).spec().vocabulary, ["b"]);
    assert_eq!(encoder_of(&spec).encode(&long), [UNKNOWN]);
    let pairs = encoder_of(&plain(Split::BytePairs));
    let ids = pairs.encode(&long);
    // 78 parts of 128 bytes, each one token, and 16 bytes.
    assert_eq!(ids.len(), 79);
    assert_eq!(pairs.decode(&ids).unwrap(), long);
    let marks = format!("x{}", "\u{301}".repeat(500));
    assert_eq!(encoder(&plain(Split::Characters), &["y"]).encode(&marks), [UNKNOWN]);
}

#[test]
fn impossible_specifications_are_refused() {
    let words = || plain(Split::Words).fit(["a b"]).unwrap();
    let pairs = || plain(Split::BytePairs).fit(["abab"]).unwrap();
    let with = |mut spec: TextSpec, change: fn(&mut TextSpec)| {
        change(&mut spec);
        spec
    };
    for (spec, message) in [
        (with(words(), |spec| spec.max_tokens = 2), "maxTokens is 2, expected 3 to 262144"),
        (with(pairs(), |spec| spec.max_tokens = 257), "maxTokens is 257, expected 258 to 262144"),
        (with(words(), |spec| spec.min_count = 0), "minCount is 0, expected 1 to 4294967295"),
        (with(words(), |spec| spec.length = Some(0)), "length is 0, expected 1 to 1048576"),
        (
            with(words(), |spec| spec.max_tokens = 3),
            "the vocabulary has 2 tokens, expected at most 1, maxTokens less 2",
        ),
        (
            with(words(), |spec| spec.vocabulary[1] = "x".repeat(129)),
            "token 1 of the vocabulary has 129 bytes, expected 1 to 128",
        ),
        (
            with(words(), |spec| spec.vocabulary[0].clear()),
            "token 0 of the vocabulary has 0 bytes, expected 1 to 128",
        ),
        (
            with(words(), |spec| spec.vocabulary[0] = "b".into()),
            "the vocabulary holds \"b\" twice, expected once",
        ),
        (
            with(words(), |spec| spec.vocabulary.clear()),
            "the vocabulary is empty, expected the one that was computed from texts",
        ),
        (
            with(words(), |spec| spec.merges.push([2, 3])),
            "found 1 merges, expected none unless split is bytePairs",
        ),
        (
            with(pairs(), |spec| spec.vocabulary.push("a".into())),
            "found a vocabulary of 1 tokens, expected none if split is bytePairs",
        ),
        (
            with(pairs(), |spec| spec.merges[0] = [2, 258]),
            "merge 0 holds id 258, expected 2 to 257",
        ),
        (with(pairs(), |spec| spec.merges[0][0] = 1), "merge 0 holds id 1, expected 2 to 257"),
        (
            with(pairs(), |spec| spec.merges.insert(0, spec.merges[0])),
            "[99, 100] is merged twice, expected once",
        ),
        (
            // Each merge doubles the last token: the eighth would make 256 bytes.
            with(pairs(), |spec| {
                spec.merges = [[2, 2]].into_iter().chain((258..300).map(|id| [id, id])).collect();
            }),
            "merge 7 is [264, 264], expected ids from 2 to 264 of together at most 128 bytes",
        ),
    ] {
        let error = TextEncoder::new(spec).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Argument);
        assert_eq!(error.message().strip_prefix("text: "), Some(message));
    }
}

#[test]
fn they_are_stored_with_a_model() {
    let read = |json: &str| serde_json::from_str::<Preprocessing>(json);
    let texts = ["a b", "c 🎉"];
    for split in [Split::Words, Split::BytePairs] {
        let spec = TextSpec { length: Some(7), padding: Side::Pre, ..plain(split) };
        let preprocessing =
            Preprocessing { text: Some(spec.fit(texts).unwrap()), ..Preprocessing::default() };
        let json = serde_json::to_string(&preprocessing).unwrap();
        assert_eq!(read(&json).unwrap(), preprocessing, "{json}");
        preprocessing.validate().unwrap();
    }
    // What is not said is as by default, and models from before there were texts have none.
    assert_eq!(read("{\"text\":{}}").unwrap().text, Some(TextSpec::default()));
    let old = Preprocessing::default();
    assert_eq!(serde_json::to_string(&old).unwrap(), "{\"image\":[],\"numeric\":[]}");
    assert_eq!(read("{}").unwrap(), old);
    assert!(read("{\"text\":{\"split\":\"letters\"}}").is_err());
    let hostile = read("{\"text\":{\"maxTokens\":4294967295}}").unwrap();
    assert_eq!(hostile.validate().unwrap_err().kind(), ErrorKind::Argument);
}
