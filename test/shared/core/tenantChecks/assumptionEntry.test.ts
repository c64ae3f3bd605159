import { assumptionEntriesOf } from '../../../../shared/core/tenantChecks/assumptionEntry';

test('entries are read with their whole Check line', () => {
  const document = [
    '# Assumptions',
    '- **Check**: of nothing',
    '### G1 One thing — does not fail safe',
    '- **Assumed**: something',
    '  over two lines',
    '- **Check**: tenant: a list and',
    '  a read',
    '- **Else**: not of it',
    '  nor this',
    '### E2 Another',
    '- **Check**: by hand, in a tenant',
    '## Storage',
    '### S3 No line',
  ].join('\n');
  expect(assumptionEntriesOf(document)).toEqual([
    {
      id: 'G1',
      title: 'One thing — does not fail safe',
      check: 'tenant: a list and a read',
      onTenant: true,
    },
    { id: 'E2', title: 'Another', check: 'by hand, in a tenant', onTenant: false },
    { id: 'S3', title: 'No line', check: '', onTenant: false },
  ]);
});
