/**
 * Loaded when an embedder's tool brings a JSON Schema. A file of its own: importing all of `zod` lazily would make the
 * bundler keep all of it beside `zod/mini`, 360 kB that every start would load.
 */
export { fromJSONSchema } from "zod";
