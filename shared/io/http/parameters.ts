import { z } from 'zod';
import type { CloudId } from '../../core/cloudObject';
import type { Guid } from '../../core/keys/guid';
import { objectTypes } from '../../core/objectType';

/** An id in a path or a query: the 36 characters of a GUID and nothing else, so nothing of it can be a path or part of a query. */
export const guidParameter = z
  .string()
  .regex(
    /^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/,
    'a GUID is expected',
  )
  .transform(text => text.toLowerCase() as Guid);

/** The id of a cloud object. */
export const cloudIdParameter = guidParameter.transform(guid => guid as string as CloudId);

/** One of the four types; the case counts. */
export const objectTypeParameter = z.enum(objectTypes);

/** A whole number in a query, from `least` to `most`: digits only, so neither an empty text nor 1e3 is a number. */
export const wholeNumberParameter = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, 'a whole number is expected')
    .transform(Number)
    .refine(value => value >= least && value <= most, `a whole number from ${least} to ${most} is expected`)
    .meta({ description: `A whole number from ${least} to ${most}.` });
