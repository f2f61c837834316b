//! Bits that runs must end with.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;

/// FNV-1a over the bits of all numbers of a model.
pub fn hash(model: &Model) -> u64 {
    let bytes = model.weights().iter().chain(model.state()).flat_map(|value| value.to_le_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// The weights that a run ends with are those of this hash; in the build with relaxed SIMD, which
/// promises the same bits on one processor only, those of a second run.
pub fn assert_bits(run: impl Fn() -> Trainer, expected: &str) {
    let found = || format!("{:016x}", hash(run().model()));
    let expected = if crate::simd::FUSES { found() } else { expected.to_string() };
    assert_eq!(found(), expected);
}

/// The same bits natively and on wasm: this test runs on both. Whoever changes the order of a sum
/// in a kernel changes the constant, to what both then give.
#[test]
fn a_seeded_run_has_the_same_bits_everywhere() {
    let run = || {
        let train = bars(50);
        let mut trainer = trainer(adamw());
        trainer.start(RunSpec::new(2, 16, 3), &train).unwrap();
        finish(&mut trainer, &train);
        trainer
    };
    assert_bits(run, "66f6adb4cb9b656e");
}
