//! Licences, as SPDX writes them: <https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/>.

/// Whether the licences that are allowed are enough for this expression. `/` is how it was written once: either.
pub fn permits(allowed: &[&str], expression: &str) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = spaced.split_whitespace().peekable();
    let permitted = any(allowed, &mut words);
    permitted && words.next().is_none()
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any(allowed: &[&str], words: &mut Words) -> bool {
    let mut permitted = all(allowed, words);
    while words.next_if_eq(&"OR").is_some() {
        permitted |= all(allowed, words);
    }
    permitted
}

fn all(allowed: &[&str], words: &mut Words) -> bool {
    let mut permitted = one(allowed, words);
    while words.next_if_eq(&"AND").is_some() {
        permitted &= one(allowed, words);
    }
    permitted
}

fn one(allowed: &[&str], words: &mut Words) -> bool {
    match words.next() {
        Some("(") => {
            let permitted = any(allowed, words);
            words.next() == Some(")") && permitted
        }
        // An exception allows more than the licence alone.
        Some(name) => {
            if words.next_if_eq(&"WITH").is_some() {
                words.next();
            }
            allowed.contains(&name)
        }
        None => false,
    }
}

/// The words of the list `name = [...]` of a TOML file.
pub fn listed<'a>(toml: &'a str, name: &str) -> Vec<&'a str> {
    let list = toml.split_once(&format!("\n{name} = [")).map_or("", |(_, rest)| rest);
    let list = list.split_once(']').map_or("", |(list, _)| list);
    list.split('"').skip(1).step_by(2).collect()
}

#[test]
fn expressions_are_understood() {
    let allowed = ["MIT", "Apache-2.0"];
    for good in [
        "MIT",
        "GPL-3.0-only OR MIT",
        "Unlicense/MIT",
        "(GPL-3.0-only OR MIT) AND Apache-2.0",
        "Apache-2.0 WITH LLVM-exception",
    ] {
        assert!(permits(&allowed, good), "{good}");
    }
    for bad in
        ["", "GPL-3.0-only", "MIT AND GPL-3.0-only", "(MIT", "MIT MIT", "(MIT OR Zlib) AND Zlib"]
    {
        assert!(!permits(&allowed, bad), "{bad}");
    }
    assert_eq!(listed("a = 1\nallow = [\n  \"A\", \"B\",\n]\n", "allow"), ["A", "B"]);
}
