/** What to know of a user who was restored; `blocked`: we had blocked the sign-in before. */
export const restoreAdvice = (blocked: boolean): readonly string[] => [
  'It may come back as a cloud-only user, without its on-premises attributes. Look at onPremisesSyncEnabled before you rely on it.',
  'Synchronisation may refuse to link it again: hard match is refused for an object whose on-premises anchor is set, unless the tenant ' +
    'allows it. Where its source is back, look for synchronisation errors; clear onPremisesImmutableId only after you have read how.',
  'Licences by a group, and memberships of dynamic groups, come back in their own time; what was assigned to it directly is there.',
  'The scan shows it as "restored" for 30 days, for a person to look at. Where its source is missing still, it is judged like any other after that: ' +
    'it may be a candidate again, and is deleted only by a new approval.',
  ...(blocked
    ? [
        'Its sign-in is blocked still, by the quarantine before the delete: release the quarantine to give it back.',
      ]
    : []),
];
