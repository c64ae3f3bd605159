declare const brand: unique symbol;

/** A primitive that was checked once at the edge and is trusted inside. */
export type Brand<Value, Name extends string> = Value & { readonly [brand]: Name };
