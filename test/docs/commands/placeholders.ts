/** What a reader puts in the place of `<…>`, as far as its form matters: by what the document calls it. */
const samples: readonly (readonly [RegExp, string])[] = [
  [
    /^(?:a new GUID|id|tenant id|subscription id|object id|appId|appId of the agent|application id of the API|AUTH_AUDIENCE|run id)$/,
    '0b9d6f3e-1c5a-4e0d-9a55-8f7b6c5d4e3f',
  ],
  [/^key$/, '0b9d6f3e-1c5a-4e0d-9a55-8f7b6c5d4e3f'],
  [/^command$/, 'run'],
  [/^sha256$/, 'ab'.repeat(32)],
  [/^app$/, 'func-review.example'],
];

/** Puts samples into a text, so that brackets are not taken for redirections. */
export const withSamples = (text: string): string =>
  text.replaceAll(
    /<([A-Za-z][^<>\n]*)>/g,
    (_, name: string) => samples.find(([form]) => form.test(name))?.[1] ?? 'sample',
  );

/** Values of variables, where a body or an address is checked. */
const values: Readonly<Record<string, string>> = {
  HASH: 'ab'.repeat(32),
};

/** Puts values into a word, for every variable: a GUID where nothing else is known. */
export const withValues = (word: string): string =>
  word.replaceAll(/\$(\w+)/g, (_, name: string) => values[name] ?? '0b9d6f3e-1c5a-4e0d-9a55-8f7b6c5d4e3f');
