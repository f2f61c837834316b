"""Features of sounds by librosa 0.11 (with SoXR 1.1), the reference for
src/data/preprocessing/audio.

pip install librosa safetensors; python tests/golden/scripts/audio.py

Signals are rounded to 16 bits, so that they are exact in float32, and librosa computes in float64.
"""

import json
import pathlib

import librosa
import numpy as np
from safetensors.numpy import save_file

FOLDER = pathlib.Path(__file__).parent.parent / "cases" / "audio"


def exact(signal):
    return np.round(signal * 32768) / 32768


def noise(count, seed):
    state, values = seed, []
    for _ in range(count):
        state = (state * 1103515245 + 12345) % 2**31
        values.append(state / 2**30 - 1)
    return np.array(values)


def sweep(rate, seconds):
    """A tone that rises, another that fades, a click, and noise."""
    time = np.arange(int(rate * seconds)) / rate
    signal = 0.4 * np.sin(2 * np.pi * (200 * time + 3500 / seconds * time**2))
    signal += 0.3 * np.sin(2 * np.pi * 440 * time) * np.exp(-time * 12)
    signal += 0.01 * noise(len(time), 7)
    signal[len(time) // 2] += 0.25
    return exact(signal)


def stft(spec):
    options = spec.get("stft", {})
    n_fft = options.get("nFft", 2048)
    window = options.get("winLength", n_fft)
    return dict(
        n_fft=n_fft,
        win_length=window,
        hop_length=options.get("hopLength", window // 4),
        window={"rectangular": "boxcar"}.get(options.get("window"), options.get("window", "hann")),
        center=options.get("center", True),
        pad_mode=options.get("padMode", "constant"),
    )


def features(signal, spec):
    rate, kind = spec.get("sampleRate", 22050), spec.get("features", "logMel")
    power, mel, decibels = spec.get("power", 2), spec.get("mel", {}), spec.get("decibels", {})
    spectrum = np.abs(librosa.stft(signal, **stft(spec))) ** power
    if kind in ("mel", "logMel", "mfcc"):
        basis = librosa.filters.mel(
            sr=rate,
            n_fft=stft(spec)["n_fft"],
            n_mels=mel.get("nMels", 128),
            fmin=mel.get("fMin", 0),
            fmax=mel.get("fMax"),
            htk=mel.get("htk", False),
            norm=None if mel.get("norm") == "none" else "slaney",
            dtype=np.float64,
        )
        spectrum = basis @ spectrum
    if kind in ("logSpectrogram", "logMel", "mfcc"):
        ref = np.max if decibels.get("ref") == "max" else decibels.get("ref", 1.0)
        amin, top_db = decibels.get("amin", 1e-10), decibels.get("topDb", 80)
        if power == 1:
            # Here ref and amin are powers in either case.
            ref = ref if ref is np.max else ref**0.5
            spectrum = librosa.amplitude_to_db(spectrum, ref=ref, amin=amin**0.5, top_db=top_db)
        else:
            spectrum = librosa.power_to_db(spectrum, ref=ref, amin=amin, top_db=top_db)
    if kind == "mfcc":
        spectrum = librosa.feature.mfcc(S=spectrum, n_mfcc=spec.get("mfcc", {}).get("nMfcc", 20))
    return spectrum.T


def save(name, op, tolerance, tensors, attrs, **more):
    FOLDER.mkdir(parents=True, exist_ok=True)
    description = {
        "name": name,
        "group": "audio",
        "op": op,
        "source": f"librosa {librosa.__version__}, scripts/audio.py",
        "attrs": attrs,
        **more,
        "tensors": {key: list(value.shape) for key, value in tensors.items()},
        "tolerance": tolerance,
    }
    (FOLDER / f"{name}.json").write_text(json.dumps(description, indent=1) + "\n")
    tensors = {key: np.ascontiguousarray(value, np.float32) for key, value in tensors.items()}
    save_file(tensors, FOLDER / f"{name}.safetensors")


def main():
    rate, signal = 22050, sweep(22050, 0.2)
    frame = {"nFft": 512, "hopLength": 200, "winLength": 400}
    bands = {"nMels": 40, "fMin": 60, "fMax": 7600}
    decibels = {"abs": 1e-3, "rel_to_max": 0}
    linear = {"abs": 0, "rel_to_max": 2e-6}
    for name, tolerance, spec in [
        ("log_mel", decibels, {}),
        (
            "log_mel_htk",
            decibels,
            {
                "stft": {**frame, "window": "hamming", "padMode": "reflect"},
                "mel": {**bands, "htk": True, "norm": "none"},
                "decibels": {"ref": "max", "topDb": None},
            },
        ),
        (
            "spectrogram",
            linear,
            {
                "features": "spectrogram",
                "power": 1,
                "stft": {"nFft": 400, "hopLength": 160, "center": False, "window": "rectangular"},
            },
        ),
        (
            "log_spectrogram",
            decibels,
            {
                "features": "logSpectrogram",
                "power": 1,
                "stft": {**frame, "window": "blackman", "padMode": "edge"},
                "decibels": {"ref": 0.5, "amin": 1e-4, "topDb": 60},
            },
        ),
        (
            "mel_odd",
            linear,
            {"features": "mel", "power": 1, "stft": {"nFft": 441, "hopLength": 147}, "mel": bands},
        ),
        ("mel", linear, {"features": "mel", "stft": frame, "mel": {"nMels": 64}}),
        ("mfcc", {"abs": 5e-3, "rel_to_max": 0}, {"features": "mfcc"}),
        (
            "mfcc_13",
            {"abs": 5e-3, "rel_to_max": 0},
            {"features": "mfcc", "stft": frame, "mel": bands, "mfcc": {"nMfcc": 13}},
        ),
    ]:
        tensors = {"signal": signal, "features": features(signal, spec)}
        save(name, "features", tolerance, tensors, {"sampleRate": rate, **spec})

    quiet = exact(0.0005 * noise(4600, 3))
    quiet[1900:2800] += sweep(8000, 900 / 8000)
    quiet = exact(quiet)
    for name, options in [
        ("trim", {"topDb": 30, "frameLength": 512, "hopLength": 128}),
        ("trim_long", {"topDb": 40}),
        ("trim_odd", {"topDb": 20, "frameLength": 333, "hopLength": 100}),
    ]:
        trimmed, _ = librosa.effects.trim(
            quiet,
            top_db=options.get("topDb", 60),
            frame_length=options.get("frameLength", 2048),
            hop_length=options.get("hopLength", 512),
        )
        attrs = {"sampleRate": 8000, "features": "waveform", "trim": options}
        save(name, "features", {"abs": 0, "rel_to_max": 0}, {"signal": quiet, "features": trimmed}, attrs)

    for name, old, new in [
        ("resample_down", 44100, 16000),
        ("resample_up", 8000, 22050),
        ("resample_odd", 22050, 16001),
    ]:
        # Tones that both rates hold, and where the rate falls one that the new one does not.
        time = np.arange(int(old * 0.05)) / old
        band = min(old, new) / 2
        tones = [(0.3, 0.05), (0.25, 0.31), (0.2, 0.62), (0.15, 0.8)]
        signal = sum(a * np.sin(2 * np.pi * f * band * time + f) for a, f in tones)
        if new < old:
            signal += 0.2 * np.sin(2 * np.pi * 1.25 * band * time)
        # Faded in and out: at a sudden begin filters ring, each in its way.
        signal = exact(signal * np.hanning(len(signal)))
        resampled = librosa.resample(signal, orig_sr=old, target_sr=new, res_type="soxr_vhq")
        save(
            name,
            "features",
            {"abs": 5e-5, "rel_to_max": 0},
            {"signal": signal, "features": resampled},
            {"sampleRate": new, "features": "waveform"},
            rate=old,
        )


main()
