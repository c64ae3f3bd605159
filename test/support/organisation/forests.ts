import type { ExportManifestInput } from '../../../shared/core/exportFormat';
import { newGuid } from './identifiers';
import type { ObjectLine, Placed } from './onPremises';
import type { Random } from './random';

/** A naming context as the manifest describes it, without the counts, which the writer of the export takes. */
export type NamingContext = Omit<ExportManifestInput['namingContexts'][number], 'counts'>;

interface DomainNames {
  readonly source: string;
  readonly dnsName: string;
  readonly netBiosName: string;
  /** Suffix of its users' UPNs and addresses. */
  readonly mailDomain: string;
  /** Where synchronisation wrote the anchor back to AD: mS-DS-ConsistencyGuid is filled. */
  readonly consistencyGuidFilled: boolean;
}

/** A domain; it hands out the SIDs of its objects. */
export class Domain {
  readonly distinguishedName: string;
  readonly sid: string;
  #rid = 1103;

  constructor(
    readonly names: DomainNames,
    /** Position in its source's naming contexts. */
    readonly namingContext: number,
    readonly random: Random,
  ) {
    this.distinguishedName = names.dnsName
      .split('.')
      .map(label => `DC=${label}`)
      .join(',');
    this.sid = `S-1-5-21-${random.uint32()}-${random.uint32()}-${random.uint32()}`;
  }

  nextSid(): string {
    this.#rid += 1 + this.random.below(3);
    return `${this.sid}-${this.#rid}`;
  }

  /** An AD object of this domain. */
  object(attributes: Omit<ObjectLine, 'kind' | 'namingContext'>): Placed<ObjectLine> {
    return {
      source: this.names.source,
      line: { kind: 'object', namingContext: this.namingContext, ...attributes },
    };
  }
}

export interface Forest {
  readonly source: string;
  readonly domains: readonly Domain[];
  /** The manifest's `anchorAttribute`. */
  readonly anchorAttribute: string;
  readonly hasSeveralDomainControllers: boolean;
}

export interface Forests {
  readonly contoso: Domain;
  readonly emea: Domain;
  readonly fabrikam: Domain;
  /** Domains of forests that nobody exports. */
  readonly northwind: Domain;
  readonly tailspin: Domain;
  readonly exported: readonly Forest[];
}

export function foundForests(random: Random): Forests {
  const domain = (names: DomainNames, namingContext: number): Domain =>
    new Domain(names, namingContext, random);
  const alone = (name: string, consistencyGuidFilled: boolean): Domain => {
    const dnsName = `${name}.example`;
    const names = { source: name, dnsName, netBiosName: name.toUpperCase(), mailDomain: dnsName };
    return domain({ ...names, consistencyGuidFilled }, 0);
  };
  const contoso = alone('contoso', true);
  const emea = domain({ ...contoso.names, dnsName: 'emea.contoso.example', netBiosName: 'EMEA' }, 1);
  const fabrikam = alone('fabrikam', false);
  return {
    contoso,
    emea,
    fabrikam,
    northwind: alone('northwind', false),
    tailspin: alone('tailspin', false),
    exported: [
      {
        source: 'contoso',
        domains: [contoso, emea],
        anchorAttribute: 'mS-DS-ConsistencyGuid',
        hasSeveralDomainControllers: true,
      },
      {
        source: 'fabrikam',
        domains: [fabrikam],
        anchorAttribute: 'objectGUID',
        hasSeveralDomainControllers: false,
      },
    ],
  };
}

/** The naming contexts of a forest; `inboundSuccess` (RFC 3339): the last replication before the export. */
export const namingContextsOf = (forest: Forest, inboundSuccess: string): readonly NamingContext[] =>
  forest.domains.map(({ distinguishedName, names: { dnsName, netBiosName }, sid, random }) => ({
    distinguishedName,
    domain: { dnsName, netBiosName, sid },
    domainController: {
      dnsHostName: `dc01.${dnsName}`,
      invocationId: newGuid(random),
      highestCommittedUSN: String(1_000_000 + random.below(50_000_000)),
      oldestInboundSuccess: forest.hasSeveralDomainControllers ? inboundSuccess : null,
    },
  }));
