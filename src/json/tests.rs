use serde_json::{Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{Json, by_serde};

#[derive(Clone, Debug, PartialEq, Json)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Whole {
    full_name: String,
    #[serde(default)]
    counts: Vec<u8>,
    #[serde(default = "half", skip_serializing_if = "is_half")]
    share: f32,
    #[serde(rename = "box", skip_serializing_if = "Option::is_none")]
    frame: Option<i32>,
    #[serde(default)]
    parts: Vec<Part>,
    #[serde(default)]
    mode: Mode,
    #[serde(default)]
    other: Other,
}

fn half() -> f32 {
    0.5
}

fn is_half(share: &f32) -> bool {
    *share == 0.5
}

#[derive(Clone, Debug, PartialEq, Json)]
#[serde(tag = "type", rename_all = "camelCase")]
enum Part {
    NoData,
    Sized(Size),
    #[serde(rename = "2d")]
    Flat(Size),
}

/// Takes what is not known, and has all defaults from one value.
#[derive(Clone, Debug, PartialEq, Json)]
#[serde(default)]
struct Size {
    width: usize,
    deep: bool,
}

impl Default for Size {
    fn default() -> Self {
        Self { width: 7, deep: true }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Json)]
#[serde(rename_all = "camelCase")]
enum Mode {
    #[default]
    Plain,
    ByHand,
}

#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
struct Other {
    pair: (u8, String),
}

by_serde!(Other);

fn read(value: Value) -> serde_json::Result<Whole> {
    serde_json::from_value(value)
}

#[test]
fn what_is_not_given_is_the_default() {
    let whole = read(json!({ "fullName": "a" })).expect("all else has a default");
    let expected = Whole {
        full_name: "a".into(),
        counts: vec![],
        share: 0.5,
        frame: None,
        parts: vec![],
        mode: Mode::Plain,
        other: Other::default(),
    };
    assert_eq!(whole, expected);
    let written = json!({
        "fullName": "a", "counts": [], "parts": [], "mode": "plain", "other": { "pair": [0, ""] }
    });
    assert_eq!(whole.to_json(), written);
}

#[test]
fn what_is_written_is_read() {
    let written = json!({
        "fullName": "b", "counts": [0, 255], "share": 0.25, "box": -3, "mode": "byHand",
        "parts": [
            { "type": "noData" },
            { "type": "sized", "width": 3, "deep": false },
            { "type": "2d", "width": 7, "deep": true }
        ],
        "other": { "pair": [1, "x"] }
    });
    let whole = read(written.clone()).expect("a whole");
    assert_eq!(whole.parts[2], Part::Flat(Size::default()));
    assert_eq!(whole.to_json(), written);
    // As serde sees it, by way of text, too.
    let text = serde_json::to_string(&whole).expect("a text");
    assert_eq!(serde_json::from_str::<Whole>(&text).expect("a whole"), whole);
    assert_eq!(Whole::from_json(&written).expect("a whole"), whole);
    let loose = Size::from_json(&json!({ "width": 1, "unknown": 2 })).expect("a size");
    assert_eq!(loose, Size { width: 1, deep: true });
}

#[test]
fn errors_say_where_and_what() {
    for (changed, expected) in [
        (json!(3), "invalid value: integer `3`, expected an object"),
        (json!({}), "missing field `fullName`"),
        (json!({ "fullName": 1 }), "fullName: invalid value: integer `1`, expected a text"),
        (json!({ "fullName": "a", "full": 1 }), "unknown field `full`, expected one of `fullName`"),
        (json!({ "fullName": "a", "type": 1 }), "unknown field `type`"),
        (json!({ "fullName": "a", "counts": {} }), "counts: invalid type: map, expected a list"),
        (
            json!({ "fullName": "a", "counts": [1, 256] }),
            "counts: 1: invalid value: integer `256`, expected a whole number from 0 to 255",
        ),
        (json!({ "fullName": "a", "share": null }), "share: invalid type: null, expected a number"),
        (json!({ "fullName": "a", "box": 1.5 }), "box: invalid type: floating point `1.5`"),
        (json!({ "fullName": "a", "mode": "hand" }), "mode: unknown variant `hand`"),
        (json!({ "fullName": "a", "mode": true }), "invalid type: boolean `true`, expected a name"),
        (json!({ "fullName": "a", "other": {} }), "other: missing field `pair`"),
        (json!({ "fullName": "a", "parts": [[]] }), "parts: 0: found [], expected an object with"),
        (json!({ "fullName": "a", "parts": [{}] }), "parts: 0: missing field `type`"),
        (json!({ "fullName": "a", "parts": [{ "type": 3 }] }), "type is 3, expected a name"),
        (
            json!({ "fullName": "a", "parts": [{ "type": "3d" }] }),
            "unknown variant `3d`, expected one of `noData`, `sized`, `2d`",
        ),
        (
            json!({ "fullName": "a", "parts": [{ "type": "noData", "width": 1 }] }),
            "parts: 0: unknown field `width`",
        ),
        (
            json!({ "fullName": "a", "parts": [{ "type": "sized", "width": -1 }] }),
            "parts: 0: width: invalid value: integer `-1`",
        ),
    ] {
        let error = read(changed.clone()).expect_err("a fault").to_string();
        assert!(error.contains(expected), "{changed}: {error}");
    }
}
