import { asciiOf, NamePool } from './names';
import { escapedRdn, parentOf } from './onPremises';
import { Random } from './random';

describe('names of the sample organisation', () => {
  test('no name is given twice, whatever its case', () => {
    const pool = new NamePool();
    expect(['anna', 'Anna', 'anna2', 'anna', 'ANNA22'].map(base => pool.take(base))).toEqual([
      'anna',
      'Anna2',
      'anna22',
      'anna3',
      'ANNA222',
    ]);
  });

  test('logins and account names are ASCII, and account names fit into AD', () => {
    const pool = new NamePool();
    const random = new Random(1);
    const people = Array.from({ length: 3000 }, () => pool.person(random));
    const unfit = people.filter(
      ({ login, sAMAccountName }) =>
        !/^[a-z]+\.[a-z']+\d*$/.test(login) || !/^[a-z]{2,14}\d{0,6}$/.test(sAMAccountName),
    );
    expect(unfit).toEqual([]);
    expect(new Set(people.map(person => person.commonName)).size).toBe(people.length);
  });

  test('accents are dropped, letters without an accent to drop are spelled out', () => {
    expect(['Zoë', 'Łukasz', 'Strauß', "O'Brien", 'Østre Nguyễn', 'Yılmaz'].map(asciiOf)).toEqual([
      'zoe',
      'lukasz',
      'strauss',
      "o'brien",
      'ostrenguyen',
      'yilmaz',
    ]);
  });

  test('a DN survives a comma in a name', () => {
    const rdn = escapedRdn('#1 Müller, Zoë + Co');
    expect(rdn).toBe('\\#1 Müller\\, Zoë \\+ Co');
    expect(parentOf(`CN=${rdn},OU=People,DC=contoso,DC=example`)).toBe('OU=People,DC=contoso,DC=example');
  });
});
