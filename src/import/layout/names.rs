//! What names say: their order, words and parts.

use std::cmp::Ordering;

use super::Part;

/// The order in which people number things: `2` before `10`, and upper and lower case together.
#[must_use]
pub fn natural_order(one: &str, other: &str) -> Ordering {
    let (mut a, mut b) = (one, other);
    loop {
        let (digits_a, digits_b) = (digits(a), digits(b));
        if !digits_a.is_empty() && !digits_b.is_empty() {
            let number = |digits: &str| {
                let digits = digits.trim_start_matches('0');
                (digits.len(), digits.to_owned())
            };
            let order = number(digits_a).cmp(&number(digits_b));
            if order.is_ne() {
                return order;
            }
            (a, b) = (&a[digits_a.len()..], &b[digits_b.len()..]);
            continue;
        }
        let (mut chars_a, mut chars_b) = (a.chars(), b.chars());
        let (first_a, first_b) = (chars_a.next(), chars_b.next());
        let (Some(first_a), Some(first_b)) = (first_a, first_b) else {
            // One ends, or both do and differ by case or zeros at most.
            return first_a.cmp(&first_b).then_with(|| one.cmp(other));
        };
        let order = first_a.to_lowercase().cmp(first_b.to_lowercase());
        if order.is_ne() {
            return order;
        }
        (a, b) = (chars_a.as_str(), chars_b.as_str());
    }
}

fn digits(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    &text[..end]
}

/// The words of a name in lower case, cut at what is no letter and no digit.
pub(super) fn words(name: &str) -> impl Iterator<Item = String> {
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase)
}

/// The part that a word names; a year behind it does not matter (`train2017`).
pub(in crate::import) fn part_of_word(word: &str) -> Option<Part> {
    match word.trim_end_matches(|c: char| c.is_ascii_digit()) {
        "train" | "training" | "trainset" | "trn" => Some(Part::Train),
        "val" | "valid" | "validation" | "dev" | "valset" => Some(Part::Validation),
        "test" | "testing" | "testset" | "tst" => Some(Part::Test),
        // MNIST's.
        "t10k" => Some(Part::Test),
        _ => None,
    }
}

/// The part that a folder is named after, as a whole.
pub(super) fn part_of_folder(name: &str) -> Option<Part> {
    let mut words = words(name).filter(|word| !matches!(word.as_str(), "set" | "data" | "images"));
    let part = part_of_word(&words.next()?)?;
    words.next().is_none().then_some(part)
}

/// The part that a file's name says by a word, or else the folders that it is in.
pub(in crate::import) fn part_of_path(path: &str) -> Option<Part> {
    let (folders, file) = path.rsplit_once('/').unwrap_or(("", path));
    let of_file = words(stem(file)).find_map(|word| part_of_word(&word));
    of_file.or_else(|| folders.rsplit('/').find_map(part_of_folder))
}

/// A file's name without its ending.
pub(super) fn stem(name: &str) -> &str {
    match name.rfind('.') {
        Some(at) if at > 0 => &name[..at],
        _ => name,
    }
}

/// The last name of a path.
pub(super) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn numbers_are_ordered_as_people_number() {
        let sorted = [
            "", "0", "01", "1", "2", "10", "a", "a 1.png", "a 2.png", "a 10.png", "a 10b", "A2",
            "B", "b", "b1", "É", "é",
        ];
        for (at, one) in sorted.iter().enumerate() {
            for (there, other) in sorted.iter().enumerate() {
                let order = natural_order(one, other);
                assert_eq!(order.is_eq(), at == there, "{one} {other}");
                assert_eq!(order, natural_order(other, one).reverse(), "{one} {other}");
            }
        }
        let mut classes = ["class 10", "Class 9", "class 1"];
        classes.sort_by(|a, b| natural_order(a, b));
        assert_eq!(classes, ["class 1", "Class 9", "class 10"]);
        // More digits than a number of 64 bits has.
        let long = "9".repeat(40);
        assert_eq!(natural_order(&long, &format!("1{}", "0".repeat(40))), Ordering::Less);
    }

    #[test]
    fn parts_are_known_by_their_usual_names() {
        for (name, part) in [
            ("train", Some(Part::Train)),
            ("Training", Some(Part::Train)),
            ("training_set", Some(Part::Train)),
            ("train2017", Some(Part::Train)),
            ("VAL", Some(Part::Validation)),
            ("valid", Some(Part::Validation)),
            ("test-images", Some(Part::Test)),
            ("trains", None),
            ("test tubes", None),
            ("latest", None),
            ("", None),
        ] {
            assert_eq!(part_of_folder(name), part, "{name}");
        }
        for (path, part) in [
            ("t10k-images-idx3-ubyte", Some(Part::Test)),
            ("data/train.csv", Some(Part::Train)),
            ("test/part-0.parquet", Some(Part::Test)),
            ("cifar/test_batch.bin", Some(Part::Test)),
            ("a/b.csv", None),
        ] {
            assert_eq!(part_of_path(path), part, "{path}");
        }
    }
}
