// What users of this mixin may set.
{
  _config+:: {
    storeSelector: 'job="store"',
    criticalSeverity: 'critical',

    // Percent of the volume that is free.
    volumeWarning: 15,
    volumeCritical: 5,
    queueWait: '10m',
  },
}
