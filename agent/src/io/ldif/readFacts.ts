import { guidFromBytes } from '../../../../shared/core/keys/guid';
import { sidFromBytes } from '../../../../shared/core/keys/sid';
import type { Instant } from '../../../../shared/core/instant';
import { textOf, textsOf, type DirectoryEntry } from '../../core/directoryEntry';
import type { InboundNeighbour, InboundReplication } from '../../core/domainController';
import { AgentError } from '../../core/agentError';
import { normalisedDn } from '../../core/distinguishedName';
import { parseGeneralizedTime } from '../../core/generalizedTime';
import { parseInboundNeighbour } from '../../core/domainController';
import type { LdifFile } from './ldifFile';
import { parseUsn } from './updateSequenceNumber';

/** A domain of the forest, by its crossRef. */
export interface ForestDomain {
  readonly distinguishedName: string;
  readonly dnsName: string;
  readonly netBiosName: string | null;
}

/** A naming context's head. */
export interface HeadFacts {
  readonly distinguishedName: string;
  /** On this domain controller: on another one it is another number. */
  readonly uSNChanged: number;
  readonly inboundReplication: InboundReplication;
}

/** What before.ldf or after.ldf says. */
export interface FolderFacts {
  readonly dnsHostName: string;
  readonly invocationId: string;
  readonly highestCommittedUSN: bigint;
  readonly currentTime: Instant;
  readonly isReadOnly: boolean;
  readonly callerSids: readonly string[];
  readonly domain: HeadFacts & { readonly sid: string };
  readonly configuration: HeadFacts;
  readonly forestDomains: readonly ForestDomain[];
}

/** A domain controller that holds no secrets is a read-only one ([MS-ADTS] 3.1.1.3.2.18). */
const readOnlyCapability = '1.2.840.113556.1.4.1920';
/** systemFlags of a crossRef: a naming context of the forest, and a domain ([MS-ADTS] 2.2.10). */
const domainFlags = 0x1 | 0x2;

/**
 * Reads before.ldf or after.ldf: the NTDS Settings object of the domain controller, the crossRefs, the heads of the domain and
 * of Configuration and, at the end, rootDSE. Write-Ldif.ps1 (docs/ldif.md) writes them in this order, so a file that lacks its end
 * lacks rootDSE.
 *
 * @throws AgentError ldifInvalid: a fact is missing or makes no sense, the file is named and how it is made; directoryRefused: the
 * file was made at a global catalog's port.
 */
export async function readFacts(file: LdifFile, signal: AbortSignal): Promise<FolderFacts> {
  const entries = new Map<string, DirectoryEntry>();
  let last = '';
  for await (const records of file.records(signal))
    for (const { entry, line } of records) {
      last = normalisedDn(entry.distinguishedName);
      if (entries.has(last))
        throw file.refused(line, 'expected every object once, found one that came before');
      entries.set(last, entry);
    }
  return new FactReader(file, entries, last).read();
}

class FactReader {
  readonly #file: LdifFile;
  readonly #entries: ReadonlyMap<string, DirectoryEntry>;
  readonly #last: string;

  constructor(file: LdifFile, entries: ReadonlyMap<string, DirectoryEntry>, last: string) {
    this.#file = file;
    this.#entries = entries;
    this.#last = last;
  }

  read(): FolderFacts {
    const root = this.#entries.get('');
    if (!root || this.#last !== '')
      throw this.#file.refused(
        null,
        'expected rootDSE (an empty "dn:") as its last record, found none there',
      );
    const service = this.#entry(
      this.#text(root, 'dsServiceName'),
      'the NTDS Settings object that rootDSE names',
    );
    const domain = this.#entry(this.#text(root, 'defaultNamingContext'), "the domain's head");
    const configuration = this.#entry(
      this.#text(root, 'configurationNamingContext'),
      'the head of Configuration',
    );
    if (!domain.attributes.has('minpwdlength'))
      throw new AgentError(
        'directoryRefused',
        `${this.#file.path}: expected minPwdLength of the domain's head, found none. A global catalog's port (3268) does not ` +
          'have it, nor half of the rest; or the account may not read it. Make the files again at port 389, as an administrator.',
      );
    return {
      dnsHostName: this.#text(root, 'dnsHostName'),
      invocationId: this.#parsed(service, 'invocationId', value => guidFromBytes(value)),
      highestCommittedUSN: BigInt(this.#parsed(root, 'highestCommittedUSN', value => parseUsn(value))),
      currentTime: this.#parsed(root, 'currentTime', value => parseGeneralizedTime(value.toString('latin1'))),
      isReadOnly:
        textsOf(root, 'supportedcapabilities').includes(readOnlyCapability) ||
        textsOf(service, 'objectclass').some(name => name.toLowerCase() === 'ntdsdsaro'),
      callerSids: this.#callerSids(root),
      domain: {
        ...this.#head(domain, service),
        sid: this.#parsed(domain, 'objectSid', value => sidFromBytes(value)),
      },
      configuration: this.#head(configuration, service),
      forestDomains: this.#forestDomains(),
    };
  }

  #callerSids(root: DirectoryEntry): readonly string[] {
    const sids = (root.attributes.get('tokengroups') ?? []).map(value => sidFromBytes(value));
    if (sids.length === 0 || sids.includes(null))
      throw this.#file.refused(
        null,
        'expected tokenGroups of rootDSE, found none, or values that are no SIDs',
      );
    return sids as string[];
  }

  #head(head: DirectoryEntry, service: DirectoryEntry): HeadFacts {
    const masters = textsOf(head, 'msds-masteredby').map(normalisedDn);
    const own = normalisedDn(service.distinguishedName);
    const others = masters.filter(master => master !== own).length;
    const { distinguishedName } = head;
    const uSNChanged = this.#parsed(head, 'uSNChanged', value => parseUsn(value));
    const neighbours = (head.attributes.get('msds-ncreplinboundneighbors') ?? []).map(value =>
      this.#neighbour(value),
    );
    if (neighbours.length > 0)
      return { distinguishedName, uSNChanged, inboundReplication: { kind: 'neighbours', neighbours } };
    if (masters.length === 0)
      throw this.#file.refused(null, "expected msDS-masteredBy of a naming context's head, found none");
    return {
      distinguishedName,
      uSNChanged,
      inboundReplication:
        others === 0 ? { kind: 'alone' } : { kind: 'notReadable', otherDomainControllers: others },
    };
  }

  #neighbour(value: Buffer): InboundNeighbour {
    const parsed = parseInboundNeighbour(value.toString('utf8'));
    if (parsed.kind === 'invalid')
      throw this.#file.refused(null, `msDS-NCReplInboundNeighbors: ${parsed.problem}`);
    return parsed.neighbour;
  }

  #forestDomains(): readonly ForestDomain[] {
    return [...this.#entries.values()]
      .filter(entry => (Number(textOf(entry, 'systemflags') ?? 0) & domainFlags) === domainFlags)
      .map(entry => ({
        distinguishedName: this.#text(entry, 'nCName'),
        dnsName: this.#text(entry, 'dnsRoot'),
        netBiosName: textOf(entry, 'netbiosname'),
      }));
  }

  #entry(distinguishedName: string, what: string): DirectoryEntry {
    const entry = this.#entries.get(normalisedDn(distinguishedName));
    if (!entry) throw this.#file.refused(null, `expected ${what}, found no such record`);
    return entry;
  }

  #text(entry: DirectoryEntry, attribute: string): string {
    return this.#parsed(entry, attribute, value => value.toString('utf8') || null);
  }

  #parsed<T>(entry: DirectoryEntry, attribute: string, parse: (value: Buffer) => T | null): T {
    const value = entry.attributes.get(attribute.toLowerCase())?.[0];
    const parsed = value && parse(value);
    if (parsed === undefined || parsed === null)
      throw this.#file.refused(
        null,
        `expected ${attribute}, found ${value ? 'a value that is none' : 'none'}`,
      );
    return parsed;
  }
}
