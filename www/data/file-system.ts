/** Whether this browser has a place of its own for this page's datasets: WebKit outside of Safari and private windows have none. */
export async function hasFileSystem(): Promise<boolean> {
  try {
    await navigator.storage.getDirectory();
    return true;
  } catch {
    return false;
  }
}
