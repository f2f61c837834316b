//! What a model answers, as rows.

use serde_json::json;

use crate::arguments::RowFormat;
use crate::models::Loaded;

/// How the outputs of a model become rows.
#[derive(Debug)]
pub struct Answers {
    form: Form,
    format: RowFormat,
}

#[derive(Debug)]
enum Form {
    /// The most probable classes.
    Classes { names: Vec<String>, top: usize },
    /// One of two classes, by one number: the probability of the second.
    Either { names: [String; 2], top: usize },
    /// The names of outputs, and how many numbers each has.
    Numbers(Vec<(String, usize)>),
}

/// What a model says of one input: all numbers of its outputs, or why there are none.
pub type Answer = Result<Vec<f32>, String>;

impl Answers {
    /// The answers of a model; of classes, the `top` most probable ones.
    pub fn new(loaded: &Loaded, top: usize, format: RowFormat) -> Self {
        let graph = loaded.model.graph();
        let outputs = loaded.model.spec().outputs.iter().zip(graph.outputs());
        let outputs = outputs.map(|(name, &value)| (name.as_str(), graph.shape(value)));
        let outputs: Vec<(&str, &[usize])> = outputs.collect();
        let names = &loaded.info.class_names;
        let form = match (&outputs[..], &names[..]) {
            (&[(output, &[width])], _)
                if width > 1 && (names.len() == width || ends_in(loaded, output, "softmax")) =>
            {
                let name =
                    |class: usize| names.get(class).cloned().unwrap_or_else(|| class.to_string());
                Form::Classes { names: (0..width).map(name).collect(), top: top.min(width) }
            }
            (&[(output, &[1])], [first, second]) if ends_in(loaded, output, "sigmoid") => {
                Form::Either { names: [first.clone(), second.clone()], top: top.min(2) }
            }
            _ => {
                let table = loaded.info.preprocessing.table.as_ref();
                let target = table.and_then(|table| table.target.as_deref());
                let named = |name| target.filter(|_| outputs.len() == 1).unwrap_or(name);
                let sized = outputs
                    .iter()
                    .map(|(name, shape)| (named(name).to_owned(), shape.iter().product()));
                Form::Numbers(sized.collect())
            }
        };
        Self { form, format }
    }

    /// The line that names the columns, where rows have some.
    pub fn header(&self) -> String {
        if self.format == RowFormat::Jsonl {
            return String::new();
        }
        let mut columns = vec!["input".to_owned()];
        match &self.form {
            Form::Classes { top, .. } | Form::Either { top, .. } => {
                for place in 1..=*top {
                    let number = if place == 1 { String::new() } else { place.to_string() };
                    columns.extend([format!("class{number}"), format!("probability{number}")]);
                }
            }
            Form::Numbers(outputs) => {
                for (name, size) in outputs {
                    match size {
                        1 => columns.push(field(name)),
                        _ => columns.extend((0..*size).map(|at| field(&format!("{name}_{at}")))),
                    }
                }
            }
        }
        columns.push("error".into());
        columns.join(",") + "\n"
    }

    /// Adds the row of an input.
    pub fn write(&self, row: &mut String, input: &str, answer: &Answer) {
        match self.format {
            RowFormat::Csv => self.write_csv(row, input, answer),
            RowFormat::Jsonl => self.write_json(row, input, answer),
        }
        row.push('\n');
    }

    fn write_csv(&self, row: &mut String, input: &str, answer: &Answer) {
        *row += &field(input);
        let mut add = |cell: &str| {
            row.push(',');
            row.push_str(cell);
        };
        match (answer, &self.form) {
            (Ok(numbers), Form::Numbers(_)) => {
                numbers.iter().for_each(|&number| add(&written(number)));
                add("");
            }
            (Ok(numbers), _) => {
                for (name, probability) in self.classes(numbers) {
                    add(&field(name));
                    add(&written(probability));
                }
                add("");
            }
            (Err(error), form) => {
                let empty = match form {
                    Form::Classes { top, .. } | Form::Either { top, .. } => 2 * top,
                    Form::Numbers(outputs) => outputs.iter().map(|(_, size)| size).sum(),
                };
                (0..empty).for_each(|_| add(""));
                add(&field(error));
            }
        }
    }

    fn write_json(&self, row: &mut String, input: &str, answer: &Answer) {
        *row += &format!("{{\"input\":{}", json!(input));
        match (answer, &self.form) {
            (Err(error), _) => *row += &format!(",\"error\":{}", json!(error)),
            (Ok(numbers), Form::Numbers(outputs)) => {
                let mut rest = &numbers[..];
                for (name, size) in outputs {
                    let (own, others) = rest.split_at(*size);
                    rest = others;
                    let own: Vec<String> = own.iter().map(|&number| written(number)).collect();
                    *row += &match &own[..] {
                        [number] => format!(",{}:{number}", json!(name)),
                        _ => format!(",{}:[{}]", json!(name), own.join(",")),
                    };
                }
            }
            (Ok(numbers), _) => {
                let classes = self.classes(numbers).into_iter().map(|(name, probability)| {
                    let (label, probability) = (json!(name), written(probability));
                    format!("{{\"label\":{label},\"probability\":{probability}}}")
                });
                *row += &format!(",\"classes\":[{}]", classes.collect::<Vec<_>>().join(","));
            }
        }
        row.push('}');
    }

    /// The most probable classes; of equal ones the first.
    fn classes(&self, numbers: &[f32]) -> Vec<(&str, f32)> {
        let (names, numbers, top) = match (&self.form, numbers) {
            (Form::Classes { names, top }, _) => (&names[..], numbers.to_vec(), *top),
            (Form::Either { names, top }, &[second]) => {
                (&names[..], vec![1.0 - second, second], *top)
            }
            _ => return Vec::new(),
        };
        let mut order: Vec<usize> = (0..names.len()).collect();
        order.sort_by(|&a, &b| numbers[b].total_cmp(&numbers[a]).then(a.cmp(&b)));
        order.iter().take(top).map(|&class| (names[class].as_str(), numbers[class])).collect()
    }
}

/// Whether the layer of an output ends in this function.
fn ends_in(loaded: &Loaded, output: &str, function: &str) -> bool {
    let nodes = &loaded.model.spec().nodes;
    nodes.iter().find(|node| node.name == output).is_some_and(|node| {
        let layer = json!(node.layer);
        layer["type"] == function || layer["activation"] == function
    })
}

/// The shortest number that is read as the same bits.
fn written(number: f32) -> String {
    let size = number.abs();
    if number == 0.0 || (1e-5..1e16).contains(&size) {
        number.to_string()
    } else {
        format!("{number:e}")
    }
}

/// A field of CSV.
fn field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(form: Form, format: RowFormat, input: &str, answer: &Answer) -> String {
        let answers = Answers { form, format };
        let mut row = answers.header();
        answers.write(&mut row, input, answer);
        row
    }

    fn classes() -> Form {
        Form::Classes { names: vec!["a,b".into(), "c".into(), "d".into()], top: 2 }
    }

    #[test]
    fn classes_are_told_in_the_order_of_their_probability() {
        assert_eq!(
            row(classes(), RowFormat::Csv, "x \"y\"", &Ok(vec![0.25, 0.5, 0.25])),
            "input,class,probability,class2,probability2,error\n\
             \"x \"\"y\"\"\",c,0.5,\"a,b\",0.25,\n"
        );
        assert_eq!(
            row(classes(), RowFormat::Jsonl, "x", &Ok(vec![1e-7, 0.1, 0.9])),
            "{\"input\":\"x\",\"classes\":[{\"label\":\"d\",\"probability\":0.9},\
             {\"label\":\"c\",\"probability\":0.1}]}\n"
        );
        let either = Form::Either { names: ["no".into(), "yes".into()], top: 2 };
        let csv = row(either, RowFormat::Csv, "x", &Ok(vec![0.75]));
        assert!(csv.ends_with("x,yes,0.75,no,0.25,\n"), "{csv}");
    }

    #[test]
    fn numbers_and_errors_have_rows_too() {
        let numbers = || Form::Numbers(vec![("price".into(), 1), ("code".into(), 2)]);
        let answer = Ok(vec![1e-30, 2.5, -3.0]);
        assert_eq!(
            row(numbers(), RowFormat::Csv, "x", &answer),
            "input,price,code_0,code_1,error\nx,1e-30,2.5,-3,\n"
        );
        assert_eq!(
            row(numbers(), RowFormat::Jsonl, "x", &answer),
            "{\"input\":\"x\",\"price\":1e-30,\"code\":[2.5,-3]}\n"
        );
        let error = Err("it is, in short, broken".to_owned());
        assert!(
            row(numbers(), RowFormat::Csv, "x", &error)
                .ends_with("x,,,,\"it is, in short, broken\"\n")
        );
        assert!(row(classes(), RowFormat::Csv, "x", &error).contains("\nx,,,,,\"it is"));
        assert_eq!(
            row(classes(), RowFormat::Jsonl, "x", &error),
            "{\"input\":\"x\",\"error\":\"it is, in short, broken\"}\n"
        );
    }

    #[test]
    fn numbers_are_read_as_the_same_bits() {
        for number in [0.1, 1.0 / 3.0, f32::MIN_POSITIVE, f32::MAX, -1e-6, 12345.678, 0.0] {
            assert_eq!(written(number).parse::<f32>().unwrap().to_bits(), number.to_bits());
        }
    }
}
