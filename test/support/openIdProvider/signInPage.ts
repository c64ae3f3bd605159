import type { SampleUser } from './sampleIdentities';

/** The page on which a person picks the sample user to sign in as. */
export const signInPage = (users: readonly SampleUser[]): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Sign in: sample users</title>
<style>
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 30rem; margin: 3rem auto; padding: 0 1rem }
  button { font: inherit; display: block; width: 100%; text-align: left; margin: 0 0 .5rem; padding: .75rem }
  small { display: block; opacity: .7 }
</style>
<h1>Sign in as</h1>
<form method="post">
${users.map(buttonOf).join('\n')}
</form>
<p><small>Sample users of the local stack, without a password.</small></p>
`;

const buttonOf = ({ objectId, name, login, roles }: SampleUser): string =>
  `<button name="user" value="${objectId}">${name}<small>${login} · ${roles.join(', ') || 'no role'}</small></button>`;
