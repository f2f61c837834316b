/**
 * Turns whatever holds a sound into samples that a worker can take. It is loaded with the first sound, and imports
 * nothing, so that it is a file of its own.
 */
import type { SoundAnswer, SoundRequest } from "../data-protocol.js";
import type { callData } from "../importer.js";
import type { WireSound } from "../protocol.js";
import type { SoundSource } from "../types/tensors.js";
import type { Packed } from "./inputs.js";

/** Sounds that are ready to travel. Files are for the worker that reads some, by `read`. */
export async function packSounds(
  sources: readonly SoundSource[],
  read: typeof callData,
  rate: number | undefined,
): Promise<Packed<{ sounds: WireSound[] }>> {
  const sounds = await Promise.all(sources.map((source) => toWireSound(source, read, rate)));
  return { value: { sounds }, transfer: sounds.map(({ samples }) => samples.buffer as ArrayBuffer) };
}

async function toWireSound(
  source: SoundSource,
  read: typeof callData,
  rate: number | undefined,
): Promise<WireSound> {
  if (source instanceof Blob) return read("readSound", { blob: source, rate });
  if (!("samples" in source)) return mixed(source);
  const { samples, sampleRate, channels = 1 } = source;
  return { samples: Float32Array.from(samples), channels, rate: sampleRate };
}

/** Has the browser read a sound for the worker. */
export async function decoded({ sound, rate }: SoundRequest): Promise<SoundAnswer> {
  if (typeof OfflineAudioContext === "undefined") return;
  try {
    return mixed(await new OfflineAudioContext(1, 1, rate).decodeAudioData(sound));
  } catch (error) {
    return String(error);
  }
}

/** The mean of the channels. */
function mixed(sound: AudioBuffer): WireSound {
  const { numberOfChannels, sampleRate, length } = sound;
  const samples = new Float32Array(length);
  for (let channel = 0; channel < numberOfChannels; channel += 1) {
    const data = sound.getChannelData(channel);
    for (let i = 0; i < length; i += 1)
      samples[i] = (samples[i] as number) + (data[i] as number) / numberOfChannels;
  }
  return { samples, channels: 1, rate: sampleRate };
}
