/**
 * Gives the memory of bytes that nobody reads any more back at once. The browser's collector lets such buffers come
 * to some 60 MB before it looks for them. Where a buffer cannot be given back, the collector has it.
 */
export function release({ buffer }: Uint8Array): void {
  (buffer as { transfer?(length: number): ArrayBuffer }).transfer?.(0);
}
