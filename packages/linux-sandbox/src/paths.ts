/** Both absolute and canonical. */
export function isBelow(path: string, ancestor: string): boolean {
  return ancestor === "/" ? path !== "/" : path.startsWith(`${ancestor}/`);
}

export function isSameOrBelow(path: string, ancestor: string): boolean {
  return path === ancestor || isBelow(path, ancestor);
}
