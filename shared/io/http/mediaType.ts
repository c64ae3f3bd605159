const jsonPattern = /^application\/json[ \t]*(?:;[ \t]*charset="?utf-8"?[ \t]*)?$/i;

/** Whether a body is declared as JSON in UTF-8, and as nothing else. */
export const isJson = (contentType: string | null): boolean => jsonPattern.test(contentType ?? '');

/** What a route can answer with. */
export const offeredTypes = ['application/json', 'text/csv'] as const;
export type OfferedType = (typeof offeredTypes)[number];

const rangePattern = /^([a-z0-9!#$&^_.+-]+|\*)\/([a-z0-9!#$&^_.+-]+|\*)((?:;[^;,]*)*)$/i;

interface Range {
  readonly type: string;
  readonly subtype: string;
  readonly quality: number;
}

/**
 * Chooses by Accept (RFC 9110, section 12.5.1) among what is offered, which is in the order of our preference; null where nothing
 * fits. The most specific range says the quality of a type. A range that can not be read counts for nothing.
 */
export function chooseType(accept: string | null, offered: readonly OfferedType[]): OfferedType | null {
  if (accept === null || accept.trim() === '') return offered[0] ?? null;
  const ranges = accept.split(',').flatMap(text => readRange(text.trim()));
  const rated = offered.map(type => ({ type, quality: qualityOf(type, ranges) }));
  const best = Math.max(...rated.map(({ quality }) => quality));
  return best > 0 ? (rated.find(({ quality }) => quality === best)?.type ?? null) : null;
}

function readRange(text: string): Range[] {
  const [, type, subtype, parameters] = rangePattern.exec(text) ?? [];
  if (type === undefined || subtype === undefined || (type === '*' && subtype !== '*')) return [];
  const quality = /;[ \t]*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)[ \t]*(?:;|$)/i.exec(parameters ?? '')?.[1];
  return [{ type: type.toLowerCase(), subtype: subtype.toLowerCase(), quality: Number(quality ?? 1) }];
}

function qualityOf(offered: OfferedType, ranges: readonly Range[]): number {
  const [type, subtype] = offered.split('/');
  const fitting = (wantedType: string | undefined, wantedSubtype: string | undefined): number | undefined =>
    ranges.find(range => range.type === wantedType && range.subtype === wantedSubtype)?.quality;
  return fitting(type, subtype) ?? fitting(type, '*') ?? fitting('*', '*') ?? 0;
}
