import { z } from 'zod';
import { parseInstant, type Instant } from './instant';

// The values of which exports and requests are made (docs/export-format.md, "Lines").

export const guid = z.string().regex(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'a lower-case GUID');
export const sid = z.string().regex(/^S-1-\d{1,15}(?:-\d{1,10}){1,15}$/, 'a SID, S-1-…');
export const base64 = z.base64();
export const instant = z.iso
  .datetime()
  .transform(parseInstant)
  .pipe(z.custom<Instant>(value => value !== null, 'not a date'));
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'a lower-case SHA-256');
export const count = z.int().nonnegative();
