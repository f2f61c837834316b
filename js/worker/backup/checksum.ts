/** A checksum of bytes, for what a disk may have damaged; no protection from who means to. */

const PRIME = 0x9e3779b1;

/** Two sums of all 32-bit words, of which each depends on every bit and on the order. */
export function checksum(bytes: Uint8Array): string {
  const whole = bytes.byteLength >> 2;
  // A view of words begins at a multiple of four.
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const words = new Uint32Array(aligned.buffer, aligned.byteOffset, whole);
  let a = bytes.byteLength | 0;
  let b = ~a;
  const add = (word: number) => {
    a = Math.imul(a ^ word, PRIME);
    a ^= a >>> 15;
    b = (Math.imul(b, 31) + (word ^ (a >>> 7))) | 0;
  };
  for (const word of words) add(word);
  for (let at = whole * 4; at < bytes.byteLength; at += 1) add(bytes[at] as number);
  return [a, b].map((sum) => (sum >>> 0).toString(16).padStart(8, "0")).join("");
}
