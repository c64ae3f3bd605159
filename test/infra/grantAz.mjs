// Stands in for `az rest`, as the lines of docs/permissions.md use it: strict about its options, and it sends the request for real.
// ACCESS_TOKEN is the signed-in user's token.
import { argv, env, exit, stderr, stdout } from 'node:process';

const fail = text => {
  stderr.write(`ERROR: ${text}\n`);
  exit(2);
};

const [command, ...words] = argv.slice(2);
if (command !== 'rest') fail(`'${command}' is misspelled or not recognized by the system.`);

// https://learn.microsoft.com/cli/azure/reference-index#az-rest
const options = {};
for (let at = 0; at < words.length; at += 1) {
  const name = words[at];
  if (!['--method', '--url', '--headers', '--body', '--query', '--output'].includes(name))
    fail(`unrecognized arguments: ${name}`);
  if (name in options) fail(`${name} is there twice`);
  at += 1;
  if (words[at] === undefined) fail(`argument ${name}: expected one argument`);
  options[name] = words[at];
}
const { '--method': method, '--url': url, '--headers': header, '--body': body, '--query': query } = options;
if (!['get', 'patch', 'post', 'delete'].includes(method))
  fail(`argument --method: invalid choice: ${method}`);
if (options['--output'] !== undefined && options['--output'] !== 'tsv')
  fail('argument --output: invalid choice');
if (header !== undefined && !/^[\w-]+=[^=]+$/.test(header)) fail('argument --headers: expected KEY=VALUE');
if (body !== undefined) JSON.parse(body);
if (/[{}<> ]/.test(decodeURIComponent(url)) || url.includes('//v1.0'))
  fail(`the address is not complete: ${url}`);

const headers = { authorization: `Bearer ${env.ACCESS_TOKEN}` };
if (body !== undefined) headers['content-type'] = 'application/json';
if (header !== undefined) headers[header.split('=')[0].toLowerCase()] = header.split('=')[1];
const response = await fetch(url, { method: method.toUpperCase(), headers, body, redirect: 'error' });
const text = await response.text();
if (!response.ok) fail(`${response.status}(${text})`);
const answer = text === '' ? null : JSON.parse(text);
stdout.write(query === undefined ? text : `${picked(answer, query)}\n`);

/** The three forms of JMESPath in the document; an absent value prints as None, as az does with tsv. */
function picked(value, expression) {
  if (/^\w+$/.test(expression)) return value[expression];
  const form =
    /^(?<list>\w+)\[\?(?<key>\w+)=='(?<wanted>[^']+)'(?<application> && contains\(allowedMemberTypes, 'Application'\))?\]\.id \| \[0\]$/;
  const groups = form.exec(expression)?.groups;
  if (!groups) fail(`argument --query: this form is not known: ${expression}`);
  const found = value[groups.list].find(
    one =>
      one[groups.key] === groups.wanted &&
      (groups.application === undefined || one.allowedMemberTypes.includes('Application')),
  );
  return found?.id ?? 'None';
}
