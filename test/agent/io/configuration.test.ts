import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readConfiguration } from '../../../agent/src/io/configuration';

const smallest = {
  tenantId: '3A7D1F0E-5b1c-4b44-9d6e-0c2f5a6b7c8d',
  source: 'contoso',
  stateDirectory: 'state',
  signingKeyFile: 'keys/signing.pem',
  anchorAttribute: 'mS-DS-ConsistencyGuid',
};
const controller = {
  url: 'ldaps://dc1.contoso.example',
  bindName: 'svc@contoso.example',
  passwordFrom: 'file:password.txt',
};

describe("the agent's configuration", () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'agent-configuration-'));
    file = path.join(folder, 'agent.json');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const written = (content: unknown): string => {
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    return file;
  };
  const problems = (content: unknown, environment = {}): string => {
    try {
      readConfiguration(written(content), environment);
      return 'none';
    } catch (error) {
      return (error as Error).message;
    }
  };

  test('has strict defaults, and paths relative to its file', () => {
    expect(readConfiguration(written(smallest), {})).toMatchObject({
      tenantId: '3a7d1f0e-5b1c-4b44-9d6e-0c2f5a6b7c8d',
      stateDirectory: path.join(folder, 'state'),
      signingKeyFile: path.join(folder, 'keys', 'signing.pem'),
      scope: { includeBases: [], excludeBases: [], excludeFilters: [] },
      limits: { unexplainedObjects: 0, maxReplicationAgeHours: 24, silenceSeconds: 120, attempts: 4 },
      exportEveryHours: 20,
    });
  });

  test('is JSON with comments, trailing commas and a byte order mark', () => {
    const content = `\u{FEFF}// our forest\n${JSON.stringify(smallest, null, 1).replace(/\n\}$/, ', /* end */\n}')}`;
    expect(readConfiguration(written(content), {}).source).toBe('contoso');
  });

  test('takes values from the environment, whatever their depth', () => {
    const { tenantId: _, ...rest } = smallest;
    const configuration = readConfiguration(
      written({ ...rest, domainControllers: [controller], canaries: ['CN=a'] }),
      {
        ENTRA_ORPHANS_AGENT__tenantId: smallest.tenantId,
        ENTRA_ORPHANS_AGENT__domainControllers__0__bindName: 'other@contoso.example',
        ENTRA_ORPHANS_AGENT__limits__attempts: '7',
        ENTRA_ORPHANS_AGENT__canaries: '["CN=b","CN=c"]',
        ENTRA_ORPHANS_AGENT__scope__includeBases__0: 'OU=Staff',
        ENTRA_ORPHANS_AGENT__stateDirectory: '{not json',
        ANOTHER: 'x',
      },
    );
    expect(configuration).toMatchObject({
      domainControllers: [{ url: controller.url, bindName: 'other@contoso.example' }],
      limits: { attempts: 7 },
      canaries: ['CN=b', 'CN=c'],
      scope: { includeBases: ['OU=Staff'] },
      stateDirectory: path.join(folder, '{not json'),
    });
  });

  test('tells where each password comes from, and holds none', () => {
    const { domainControllers } = readConfiguration(
      written({
        ...smallest,
        domainControllers: [
          controller,
          { ...controller, passwordFrom: 'environment:PW' },
          { ...controller, passwordFrom: 'prompt' },
        ],
      }),
      {},
    );
    expect(domainControllers.map(one => one.passwordFrom)).toEqual([
      { kind: 'file', name: path.join(folder, 'password.txt') },
      { kind: 'environment', name: 'PW' },
      { kind: 'prompt' },
    ]);
    expect(
      problems({ ...smallest, domainControllers: [{ ...controller, passwordFrom: 'Passw0rd!' }] }),
    ).not.toContain('Passw0rd!');
  });

  test('makes the files of certificates absolute', () => {
    const configuration = readConfiguration(
      written({
        ...smallest,
        domainControllers: [{ ...controller, certificateAuthorityFile: 'ca.pem' }],
        upload: {
          blobEndpoint: 'https://x.blob.core.windows.net',
          credential: { kind: 'certificate', clientId: smallest.tenantId, certificateFile: 'sp.pem' },
        },
      }),
      {},
    );
    expect(configuration).toMatchObject({
      domainControllers: [{ certificateAuthorityFile: path.join(folder, 'ca.pem') }],
      upload: { credential: { certificateFile: path.join(folder, 'sp.pem') }, exportsContainer: 'exports' },
    });
    const arc = { blobEndpoint: 'https://x.example', credential: { kind: 'managedIdentity' } };
    expect(readConfiguration(written({ ...smallest, upload: arc }), {}).upload?.credential).toEqual({
      kind: 'managedIdentity',
    });
  });

  test('tells every problem at once', () => {
    const told = problems({
      tenantId: 'none',
      source: 'Contoso!',
      domainControllers: [{ ...controller, url: 'http://dc1', passwordFrom: 'secret' }],
      canaries: ['nobody'],
      upload: { blobEndpoint: 'http://plain', credential: { kind: 'key' } },
      typo: 1,
    });
    for (const place of [
      'tenantId',
      'source',
      'stateDirectory',
      'signingKeyFile',
      'anchorAttribute',
      'domainControllers.0.url',
      'domainControllers.0.passwordFrom',
      'canaries.0',
      'upload.blobEndpoint',
      'upload.credential',
      'typo',
    ])
      expect(told).toContain(place);
  });

  test.each([
    ['ldap://dc1', undefined, false],
    ['ldap://dc1', true, true],
    ['ldaps://dc1:636/', undefined, true],
    ['ldaps://dc1', true, false],
    ['ldaps://dc1/DC=contoso', undefined, false],
    ['ldaps://user@dc1', undefined, false],
  ])('never sends a password over a plain connection: %s with startTls %s', (url, startTls, accepted) => {
    const told = problems({ ...smallest, domainControllers: [{ ...controller, url, startTls }] });
    expect(told === 'none').toBe(accepted);
  });

  test('names the line that is no JSON, and the file that is not there', () => {
    expect(problems('{\n "tenantId": oops\n}')).toMatch(/line 2: not JSON/);
    expect(() => readConfiguration(path.join(folder, 'none.json'), {})).toThrow(/none\.json.*--config/s);
    expect(problems('')).toMatch(/can not be used/);
  });
});
