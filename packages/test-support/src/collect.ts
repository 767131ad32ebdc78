/** Reads until an item satisfies `until` (it is the last one kept) or the source ends. The source is then closed. */
export async function collect<T>(source: AsyncIterable<T>, until: (item: T) => boolean = () => false): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) {
    items.push(item);
    if (until(item)) break;
  }
  return items;
}

/** Like `collect` to the end, and with the error that ended it, if one did. */
export async function collectFailing<T>(
  source: AsyncIterable<T>,
): Promise<{ readonly items: readonly T[]; readonly error: unknown }> {
  const items: T[] = [];
  try {
    for await (const item of source) items.push(item);
  } catch (error) {
    return { items, error };
  }
  return { items, error: undefined };
}
