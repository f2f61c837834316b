//! From texts to ids and back.

use super::bpe::BytePairs;
use super::{
    FIRST_TOKEN, MOST_LENGTH, PADDING, Side, Split, TextOutput, TextSpec, UNKNOWN, segment,
};
use crate::{Result, err};

/// How often a token that was counted is shown at most.
const SHOWN: usize = 64;

/// What stands for a token that is not known.
const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

/// A [`TextSpec`] with its vocabulary, ready for texts.
#[derive(Clone, Debug)]
pub struct TextEncoder {
    spec: TextSpec,
    tokens: Tokens,
}

#[derive(Clone, Debug)]
enum Tokens {
    /// Places in the vocabulary, in the order of its tokens.
    Listed(Vec<u32>),
    BytePairs(BytePairs),
}

impl TextEncoder {
    /// # Errors
    /// What [`TextSpec::validate`] refuses; `Argument` for a vocabulary that was not computed or
    /// holds a token twice, and merges that are none.
    pub fn new(spec: TextSpec) -> Result<Self> {
        spec.validate()?;
        let tokens = if spec.split == Split::BytePairs {
            Tokens::BytePairs(BytePairs::new(&spec.merges)?)
        } else if spec.vocabulary.is_empty() {
            return Err(err!(
                Argument,
                "text: the vocabulary is empty, expected the one that was computed from texts"
            ));
        } else {
            Tokens::Listed(sorted(&spec.vocabulary)?)
        };
        Ok(Self { spec, tokens })
    }

    /// The specification.
    pub fn spec(&self) -> &TextSpec {
        &self.spec
    }

    /// How many ids there are, those of padding and of unknown tokens among them: the size that an
    /// embedding needs.
    pub fn ids(&self) -> u32 {
        match &self.tokens {
            Tokens::Listed(tokens) => FIRST_TOKEN + tokens.len() as u32,
            Tokens::BytePairs(pairs) => pairs.end(),
        }
    }

    /// The ids of a text, filled up or cut to the length of the specification, if it has one.
    pub fn encode(&self, text: &str) -> Vec<u32> {
        let ids = self.tokens(text);
        match self.spec.length {
            Some(length) => self.fit(ids, length as usize),
            None => ids,
        }
    }

    /// The ids of a text, filled up or cut to this length.
    ///
    /// # Errors
    /// `TooLarge` for more ids than a sequence may have.
    pub fn encode_to(&self, text: &str, length: usize) -> Result<Vec<u32>> {
        if length > MOST_LENGTH as usize {
            return Err(err!(
                TooLarge,
                "text: found sequences of {length} ids, expected at most {MOST_LENGTH}"
            ));
        }
        Ok(self.fit(self.tokens(text), length))
    }

    /// The shape of what texts become, where the specification fixes it.
    pub fn shape(&self) -> Option<Vec<usize>> {
        match self.spec.output {
            TextOutput::Ids => self.spec.length.map(|length| vec![length as usize]),
            TextOutput::Counts => Some(vec![(self.ids() - FIRST_TOKEN) as usize]),
        }
    }

    /// Adds how often each token of the vocabulary occurs in a text, by the order of the ids.
    pub(in crate::data::preprocessing) fn count(&self, text: &str, counts: &mut [f32]) {
        for id in self.tokens(text) {
            // Unknown tokens come before the first.
            if let Some(count) =
                id.checked_sub(FIRST_TOKEN).and_then(|at| counts.get_mut(at as usize))
            {
                *count += 1.0;
            }
        }
    }

    /// A text as a sample of a network whose input has the shape `[length]`, ids as numbers, which
    /// are exact; or `[tokens]`, counts.
    ///
    /// # Errors
    /// `Shape` for another shape, or another length than the specification's.
    pub fn prepare(&self, text: &str, shape: &[usize]) -> Result<Vec<f32>> {
        if self.spec.output == TextOutput::Counts {
            let mut counts = vec![0.0; (self.ids() - FIRST_TOKEN) as usize];
            self.count(text, &mut counts);
            if shape != [counts.len()] {
                return Err(err!(
                    Shape,
                    "text: the network's input has the shape {shape:?}, expected [{}], the tokens of \
                     the vocabulary",
                    counts.len()
                ));
            }
            return Ok(counts);
        }
        let own = self.spec.length.map(|length| length as usize);
        match *shape {
            [length] if own.is_none_or(|own| own == length) => {
                let ids = self.encode_to(text, length)?;
                Ok(ids.into_iter().map(|id| id as f32).collect())
            }
            _ => {
                let length = own.map_or("length".into(), |length| length.to_string());
                Err(err!(
                    Shape,
                    "text: the network's input has the shape {shape:?}, expected [{length}]"
                ))
            }
        }
    }

    /// The ids of all tokens of a text.
    pub fn tokens(&self, text: &str) -> Vec<u32> {
        let mut ids = Vec::new();
        segment::tokens(text, &self.spec, |token| match &self.tokens {
            Tokens::BytePairs(pairs) => pairs.encode(token, &mut ids),
            Tokens::Listed(order) => {
                let place = |&index: &u32| self.spec.vocabulary[index as usize].as_str();
                let found = order.binary_search_by_key(&token, place);
                ids.push(found.map_or(UNKNOWN, |at| FIRST_TOKEN + order[at]));
            }
        });
        ids
    }

    /// The text of these ids: words with spaces between them, characters and byte pairs one after
    /// the other. Padding is left out; for unknown tokens, and bytes that are no UTF-8, U+FFFD
    /// stands.
    ///
    /// # Errors
    /// `Argument` for an id that the vocabulary does not have, with its place.
    pub fn decode(&self, ids: &[u32]) -> Result<String> {
        let mut bytes = Vec::new();
        let words = matches!(self.spec.split, Split::Words | Split::WordsAndPunctuation);
        for (at, &id) in ids.iter().enumerate() {
            if id == PADDING {
                continue;
            }
            if words && !bytes.is_empty() {
                bytes.push(b' ');
            }
            let mut symbol = [0; REPLACEMENT.len_utf8()];
            let token = match &self.tokens {
                _ if id == UNKNOWN => Some(REPLACEMENT.encode_utf8(&mut symbol).as_bytes()),
                Tokens::BytePairs(pairs) => pairs.bytes(id),
                Tokens::Listed(_) => {
                    let token = self.spec.vocabulary.get((id - FIRST_TOKEN) as usize);
                    token.map(String::as_bytes)
                }
            };
            bytes.extend_from_slice(token.ok_or_else(|| {
                err!(Argument, "text: id {at} is {id}, expected less than {}", self.ids())
            })?);
        }
        Ok(String::from_utf8(bytes)
            .unwrap_or_else(|bytes| String::from_utf8_lossy(bytes.as_bytes()).into_owned()))
    }

    /// What a network sees of a text, from the numbers that it became: the tokens in their order, or
    /// as often as they were counted.
    pub fn shown(&self, numbers: &[f32]) -> String {
        let ids: Vec<u32> = match self.spec.output {
            TextOutput::Ids => numbers.iter().map(|&id| id as u32).collect(),
            TextOutput::Counts => (FIRST_TOKEN..)
                .zip(numbers)
                .flat_map(|(id, &count)| std::iter::repeat_n(id, (count as usize).min(SHOWN)))
                .collect(),
        };
        // Numbers that are no ids come from elsewhere; there is nothing to be shown of them.
        self.decode(&ids).unwrap_or_default()
    }

    fn fit(&self, mut ids: Vec<u32>, length: usize) -> Vec<u32> {
        let surplus = ids.len().saturating_sub(length);
        match self.spec.truncation {
            Side::Pre => _ = ids.drain(..surplus),
            Side::Post => ids.truncate(length),
        }
        let missing = length - ids.len();
        match self.spec.padding {
            Side::Pre => _ = ids.splice(..0, std::iter::repeat_n(PADDING, missing)),
            Side::Post => ids.resize(length, PADDING),
        }
        ids
    }
}

/// The places of tokens in the order of their bytes.
fn sorted(vocabulary: &[String]) -> Result<Vec<u32>> {
    let mut order: Vec<u32> = (0..vocabulary.len() as u32).collect();
    let token = |index: u32| vocabulary[index as usize].as_str();
    order.sort_unstable_by_key(|&index| token(index));
    if let Some([one, _]) = order.array_windows().find(|&&[a, b]| token(a) == token(b)) {
        return Err(err!(
            Argument,
            "text: the vocabulary holds {:?} twice, expected once",
            token(*one)
        ));
    }
    Ok(order)
}
