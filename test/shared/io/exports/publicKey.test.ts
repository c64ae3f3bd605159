import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { publicKeyFromBase64 } from '../../../../shared/io/exports/publicKey';

test('the key of RFC 8032, section 7.1, test 1, verifies the signature given there', () => {
  const key = publicKeyFromBase64(
    Buffer.from('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 'hex').toString('base64'),
  );
  const signature = Buffer.from(
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
    'hex',
  );
  expect(verify(null, Buffer.alloc(0), key, signature)).toBe(true);
  expect(verify(null, Buffer.alloc(1), key, signature)).toBe(false);
});

test('a generated key comes back from its 32 raw bytes', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const key = publicKeyFromBase64(raw.toString('base64'));
  expect(verify(null, Buffer.from('m'), key, sign(null, Buffer.from('m'), privateKey))).toBe(true);
});

test.each([
  ['nothing', '', 'text that is not base64'],
  ['PEM', '-----BEGIN PUBLIC KEY-----', 'text that is not base64'],
  ['base64url', `${'_'.repeat(43)}=`, 'text that is not base64'],
  ['too few bytes', Buffer.alloc(31, 1).toString('base64'), 'base64 of 31 bytes'],
  ['a DER file', Buffer.alloc(44, 1).toString('base64'), 'base64 of 44 bytes'],
  ['zeros', Buffer.alloc(32).toString('base64'), 'a placeholder of zeros'],
])('%s is no key, and the error says what was expected and found', (_, text, found) => {
  expect(() => publicKeyFromBase64(text)).toThrow(
    expect.objectContaining({
      code: 'configurationInvalid',
      message: expect.stringContaining(`(44 characters); found ${found}. `) as string,
    }),
  );
});
