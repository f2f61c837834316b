/** The middle of a picture as a square of `side` pixels: red, green and blue, row by row. */
export function square(video: HTMLVideoElement, canvas: HTMLCanvasElement, side: number): Uint8Array {
  canvas.width = side;
  canvas.height = side;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("This browser gives no canvas to draw on.");
  const { videoWidth, videoHeight } = video;
  const from = Math.min(videoWidth, videoHeight);
  context.imageSmoothingQuality = "high";
  context.drawImage(video, (videoWidth - from) / 2, (videoHeight - from) / 2, from, from, 0, 0, side, side);
  const { data } = context.getImageData(0, 0, side, side);
  const pixels = new Uint8Array(side * side * 3);
  for (let i = 0; i < side * side; i++) pixels.set(data.subarray(i * 4, i * 4 + 3), i * 3);
  return pixels;
}
