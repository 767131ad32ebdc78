export { decode } from "./decode.js";
export type { Decoded } from "./decode.js";
export { schemaDocument, schemaFiles } from "./json-schema.js";
export type { Words } from "./words.js";
