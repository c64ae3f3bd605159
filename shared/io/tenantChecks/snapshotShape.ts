import { z } from 'zod';
import type { Snapshot } from '../../app/deletionPorts';
import type { CloudId } from '../../core/cloudObject';
import type { ObjectType } from '../../core/objectType';
import type { PartShape, SnapshotShape } from '../../core/tenantChecks/snapshotJudgements';
import { snapshotPartsOf } from '../graph/snapshotParts';

const partSchema = z.object({
  notReadable: z.object({ status: z.number(), code: z.string().nullable(), permission: z.string() }),
});
const snapshotSchema = z.record(z.string(), z.unknown());
/** The words of cloudSnapshots for a property that was asked for and did not come. */
const leftOutByGraph = 'Graph left it out';

/** What a snapshot says of itself; its contents are not looked at. */
export function snapshotShapeOf(type: ObjectType, id: CloudId, { json, missing }: Snapshot): SnapshotShape {
  const snapshot = snapshotSchema.parse(json);
  return {
    type,
    id,
    whole: missing.every(({ part }) => part !== 'object'),
    leftOut: missing.flatMap(({ part, why }) =>
      why === leftOutByGraph ? [part.slice('object.'.length)] : [],
    ),
    parts: snapshotPartsOf(type).map(({ name }): PartShape => {
      const part = partSchema.safeParse(snapshot[name]);
      return { name, refusal: part.success ? part.data.notReadable : null };
    }),
  };
}
