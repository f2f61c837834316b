use std::sync::Mutex;

use super::*;
use crate::ErrorKind;
use crate::data::augment::Augmentation;
use crate::data::{Column, Dataset, Preprocessing, Rows, Targets};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// Samples whose values are their number, counted on; remembers what was read of it.
#[derive(Debug)]
struct Numbers {
    samples: usize,
    kind: Kind,
    reads: Mutex<Vec<(usize, usize)>>,
}

const WIDTH: usize = 3;

fn value(sample: usize, at: usize) -> f32 {
    ((sample * 7 + at) % 251) as f32
}

impl Store for Numbers {
    fn samples(&self) -> usize {
        self.samples
    }

    fn read(&self, first: usize, into: &mut [u8]) -> Result<()> {
        let values = into.len() / self.kind.bytes();
        if first + values / WIDTH > self.samples {
            return Err(err!(Argument, "beyond"));
        }
        self.reads.lock().unwrap().push((first, values / WIDTH));
        for i in 0..values {
            let value = value(first + i / WIDTH, i % WIDTH);
            match self.kind {
                Kind::U8 => into[i] = value as u8,
                Kind::F32 => into[4 * i..4 * i + 4].copy_from_slice(&value.to_le_bytes()),
            }
        }
        Ok(())
    }
}

fn numbers(samples: usize, kind: Kind) -> Arc<Numbers> {
    Arc::new(Numbers { samples, kind, reads: Mutex::default() })
}

fn stored(store: &Arc<Numbers>) -> Column {
    Column::stored(vec![1, WIDTH, 1], store.kind, Arc::clone(store) as Arc<dyn Store>).unwrap()
}

fn in_memory(samples: usize, kind: Kind) -> Column {
    let all = (0..samples * WIDTH).map(|i| value(i / WIDTH, i % WIDTH));
    let values = match kind {
        Kind::U8 => Values::U8(all.map(|value| value as u8).collect()),
        Kind::F32 => Values::F32(all.collect()),
    };
    Column::new(vec![1, WIDTH, 1], values).unwrap()
}

fn dataset(column: Column) -> Dataset {
    let labels = (0..column.len() as u32).map(|i| i % 4).collect();
    Dataset::new(vec![column], Targets::Classes(labels), vec![], Preprocessing::default()).unwrap()
}

#[test]
fn stored_samples_are_those_in_memory() {
    for kind in [Kind::U8, Kind::F32] {
        let store = numbers(100, kind);
        let (stored, memory) = (dataset(stored(&store)), dataset(in_memory(100, kind)));
        assert_eq!(stored.bytes(), memory.bytes());
        assert_eq!(stored.inputs()[0].values(), None);
        let indices = [99, 0, 5, 4, 6, 5, 50];
        let read = |data: &Dataset| {
            let mut x = vec![0.0; indices.len() * WIDTH];
            data.input_into(0, &indices, &mut x).unwrap();
            x
        };
        assert_eq!(read(&stored), read(&memory));
        assert_eq!(*store.reads.lock().unwrap(), [(0, 1), (4, 3), (50, 1), (99, 1)]);
        assert_eq!(stored.sample(98).unwrap(), memory.sample(98).unwrap());

        let error = stored.input_into(0, &[100], &mut [0.0; WIDTH]).unwrap_err();
        assert_eq!(error.message(), "sample 100: there are 100 samples");
    }
}

#[test]
fn parts_are_lists_of_places() {
    let store = numbers(40, Kind::U8);
    let (stored, memory) = (dataset(stored(&store)), dataset(in_memory(40, Kind::U8)));
    let (rest, part) = stored.split(0.3, 5, true).unwrap();
    assert!(store.reads.lock().unwrap().is_empty(), "nothing is read to split");
    let (memory_rest, memory_part) = memory.split(0.3, 5, true).unwrap();
    let all = |data: &Dataset| {
        let indices: Vec<u32> = (0..data.len() as u32).collect();
        data.inputs()[0].gather(&indices).unwrap()
    };
    assert_eq!(all(&rest), all(&memory_rest));
    assert_eq!(all(&part), all(&memory_part));
    let again = part.subset(&[3, 0]).unwrap();
    assert_eq!(stored.inputs()[0].places().unwrap(), None);
    let places = part.inputs()[0].places().unwrap().unwrap();
    assert_eq!(again.inputs()[0].places().unwrap(), Some(vec![places[3], places[0]]));
    assert!(memory.inputs()[0].places().is_err());
    assert_eq!(all(&again), all(&memory_part.subset(&[3, 0]).unwrap()));
}

#[test]
fn stored_samples_and_those_in_memory_are_put_together() {
    let (one, other) = (numbers(10, Kind::U8), numbers(5, Kind::U8));
    let memory = dataset(in_memory(7, Kind::U8));
    let last = dataset(stored(&one)).subset(&[8]).unwrap();
    let mut all = dataset(stored(&one)).subset(&[9, 1]).unwrap();
    for more in [&dataset(stored(&other)), &memory, &last] {
        all = all.joined(more).unwrap();
    }
    assert_eq!(all.len(), 2 + 5 + 7 + 1);
    for (index, sample) in [(0, 9), (1, 1), (2, 0), (6, 4), (7, 0), (13, 6), (14, 8)] {
        let expected = (0..WIDTH).map(|at| value(sample, at) as u8).collect();
        assert_eq!(all.sample(index).unwrap(), Values::U8(expected), "{index}");
    }
    let first = memory.joined(&dataset(stored(&one))).unwrap();
    assert_eq!((first.len(), first.inputs()[0].values()), (17, None));
    let numbers = dataset(in_memory(2, Kind::F32));
    assert!(all.inputs()[0].places().is_err());
    assert_eq!(all.joined(&numbers).unwrap_err().kind(), ErrorKind::Data);
}

#[test]
fn other_workers_get_stored_samples_as_any() {
    let store = numbers(20, Kind::F32);
    let data = dataset(stored(&store));
    let mut rows = Rows::new(&data, 4).unwrap();
    rows.gather(&data, &[19, 2, 3]).unwrap();
    let memory = dataset(in_memory(20, Kind::F32));
    for (row, index) in [(0, 19), (1, 2), (2, 3)] {
        assert_eq!(rows.dataset().sample(row).unwrap(), memory.sample(index).unwrap());
    }
}

#[test]
fn what_changes_images_takes_stored_ones() {
    let store = numbers(9, Kind::U8);
    let augmentation = Augmentation { noise: 0.2, ..Augmentation::default() };
    let changed = augmentation.apply(&dataset(stored(&store)), 3, 1).unwrap();
    assert_eq!(changed, augmentation.apply(&dataset(in_memory(9, Kind::U8)), 3, 1).unwrap());
}

#[test]
fn a_store_that_fails_is_told() {
    #[derive(Debug)]
    struct Gone;
    impl Store for Gone {
        fn samples(&self) -> usize {
            4
        }

        fn read(&self, _: usize, _: &mut [u8]) -> Result<()> {
            Err(err!(Storage, "the disk is gone"))
        }
    }
    let column = Column::stored(vec![2], Kind::U8, Arc::new(Gone)).unwrap();
    let data = Dataset::new(vec![column], Targets::None, vec![], Preprocessing::default()).unwrap();
    assert_eq!(data.sample(0).unwrap_err(), err!(Storage, "the disk is gone"));
    assert_eq!(data.input_into(0, &[1], &mut [0.0; 2]).unwrap_err().kind(), ErrorKind::Storage);
}
