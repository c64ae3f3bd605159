import { coverageOf, mayHaveMovedOut } from '../../../shared/core/coverage';
import type { CloudId } from '../../../shared/core/cloudObject';
import type { ExportManifest } from '../../../shared/core/exportFormat';
import { aContact, aUser } from '../../support/builders';

const manifest = (
  sid: string,
  dnsName: string,
  uncovered: readonly string[],
): Pick<ExportManifest, 'namingContexts' | 'uncoveredDomains'> =>
  ({
    namingContexts: [{ domain: { dnsName, sid } }, { domain: null }],
    uncoveredDomains: uncovered.map(name => ({ distinguishedName: 'DC=x', dnsName: name })),
  }) as unknown as ExportManifest;

const coverage = (...manifests: readonly ReturnType<typeof manifest>[]): ReturnType<typeof coverageOf> =>
  coverageOf(manifests as readonly ExportManifest[]);

describe('an object may have been moved to a domain that no export covers', () => {
  const contoso = manifest('S-1-5-21-1-2-3', 'contoso.example', ['EMEA.contoso.example']);
  const ofContoso = aUser({ id: 'a' as CloudId, onPremisesSecurityIdentifier: 'S-1-5-21-1-2-3-1104' });
  const ofFabrikam = aUser({ id: 'a' as CloudId, onPremisesSecurityIdentifier: 'S-1-5-21-4-5-6-1104' });

  test('where its own forest has one', () => {
    const open = coverage(contoso, manifest('S-1-5-21-4-5-6', 'fabrikam.example', []));
    expect(mayHaveMovedOut(ofContoso, open)).toBe(true);
    expect(mayHaveMovedOut(ofFabrikam, open)).toBe(false);
  });

  test('where it names no domain and any forest has one', () => {
    expect(mayHaveMovedOut(aContact({ id: 'c' as CloudId }), coverage(contoso))).toBe(true);
    expect(
      mayHaveMovedOut(
        aContact({ id: 'c' as CloudId }),
        coverage(manifest('S-1-5-21-1-2-3', 'contoso.example', [])),
      ),
    ).toBe(false);
  });

  test('but not where another export covers that domain', () => {
    const whole = coverage(contoso, manifest('S-1-5-21-7-8-9', 'emea.contoso.example', []));
    expect(mayHaveMovedOut(ofContoso, whole)).toBe(false);
  });
});
