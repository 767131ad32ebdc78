/**
 * A type as a schema can tell it: without `readonly` and brands, with intersections made one object. Two types whose
 * plain forms are identical describe the same JSON.
 */
export type Plain<T> = unknown extends T
  ? unknown
  : T extends string
    ? PlainString<T>
    : T extends number | boolean | null | undefined
      ? T
      : T extends readonly (infer Item)[]
        ? Plain<Item>[]
        : { -readonly [Key in keyof T]: Plain<T[Key]> };

/** Literals stay; a branded or an open-ended string is a string. */
type PlainString<T extends string> = {} extends Record<T, 1> ? string : T;
