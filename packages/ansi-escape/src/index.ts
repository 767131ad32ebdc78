export { createAnsiReader, readAnsi, type AnsiReader, type Line, type ReadOptions, type Run } from "./lines.js";
export type { Colour, Style } from "./style.js";
export { createSanitizer, sanitize, type Sanitizer } from "./sanitizer.js";
export { reveal } from "./reveal.js";
export { LIMITS } from "./limits.js";
