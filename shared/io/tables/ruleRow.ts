import { z } from 'zod';
import type { Rule, RuleContent, StoredRule } from '../../core/rule';
import { ruleContentSchema, ruleKinds } from '../../core/rule';
import {
  dateTime,
  orNull,
  parseRow,
  present,
  read,
  schemaVersion,
  text,
  unlessNull,
  type ColumnValue,
  type Row,
} from './columns';

/** The row of Rules that says this rule (docs/table-schema.md). */
export function rowOfRule(rule: Rule): Row {
  return {
    partitionKey: rule.content.kind,
    rowKey: rule.ruleId,
    ...present({
      schemaVersion,
      reason: text(rule.reason),
      owner: text(rule.owner.id),
      ownerName: text(rule.owner.name),
      createdAt: dateTime(rule.createdAt),
      expiresAt: unlessNull(rule.expiresAt, dateTime),
      ...contentColumns(rule.content),
    }),
  };
}

function contentColumns(content: RuleContent): Readonly<Record<string, ColumnValue | null>> {
  switch (content.kind) {
    case 'exclusion':
      return content.excludes.by === 'id'
        ? { objectType: content.excludes.type, objectId: content.excludes.id }
        : {
            objectType: content.excludes.type,
            attribute: content.excludes.attribute,
            value: text(content.excludes.value),
          };
    case 'retiredDomain':
      return { domainSid: content.domainSid };
    case 'holdRelease':
      return { runId: content.runId, gate: content.gate };
    case 'breakGlass':
      return { userId: content.userId };
  }
}

const rowSchema = z
  .object({
    partitionKey: z.enum(ruleKinds),
    rowKey: z.string().min(1),
    etag: read.etag,
    schemaVersion: read.schemaVersion,
    reason: read.text,
    owner: read.text,
    ownerName: read.text,
    createdAt: read.dateTime,
    expiresAt: orNull(read.dateTime),
    objectType: z.string().optional(),
    objectId: z.string().optional(),
    attribute: z.string().optional(),
    value: read.text.optional(),
    domainSid: z.string().optional(),
    runId: z.string().optional(),
    gate: z.string().optional(),
    userId: z.string().optional(),
  })
  .transform((row, context): StoredRule => {
    const content = ruleContentSchema.safeParse(contentOf(row));
    if (!content.success) {
      for (const { path, message } of content.error.issues)
        context.addIssue({ code: 'custom', path: ['content', ...path], message });
      return z.NEVER;
    }
    const { rowKey, etag, reason, owner, ownerName, createdAt, expiresAt } = row;
    return {
      ruleId: rowKey,
      content: content.data,
      reason,
      owner: { id: owner, name: ownerName },
      createdAt,
      expiresAt,
      etag,
    };
  });

type ContentColumn =
  'objectType' | 'objectId' | 'attribute' | 'value' | 'domainSid' | 'runId' | 'gate' | 'userId';

/** What the columns say. Those of another kind are handed on: the schema of a kind is strict, and refuses them. */
function contentOf(
  row: { readonly [Column in ContentColumn]?: string | undefined } & { readonly partitionKey: string },
): object {
  const { partitionKey: kind, domainSid, runId, gate, userId } = row;
  const own = defined({ domainSid, runId, gate, userId });
  const object = defined({
    type: row.objectType,
    id: row.objectId,
    attribute: row.attribute,
    value: row.value,
  });
  if (kind !== 'exclusion') return { kind, ...own, ...object };
  return { kind, ...own, excludes: { by: row.attribute === undefined ? 'id' : 'attribute', ...object } };
}

const defined = (columns: Readonly<Record<string, string | undefined>>): object =>
  Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined));

/** Reads a row of Rules; `rowInvalid` where it is not one. */
export const ruleOfRow = (table: string, row: unknown): StoredRule => parseRow(table, rowSchema, row);
