local lib = import 'lib.libsonnet';
local slowAfter = 0.5;

{
  prometheusAlerts+:: {
    groups+: [
      {
        name: 'store',
        rules: [
          {
            // alert: 'StoreVolumeFull' was once by bytes: > 100
            alert: 'StoreVolumeFull',
            expr: |||
              store_free_bytes{%(storeSelector)s} / store_size_bytes{%(storeSelector)s} * 100 < %(volumeWarning)d
              and
              store_readonly{%(storeSelector)s} == 0
            ||| % $._config,
            'for': '30m',
            labels: { severity: 'warning' },
            annotations: {
              summary: 'Less than %(volumeWarning)d%% of the volume is free.' % $._config,
            },
          },
          {
            alert: 'StoreVolumeFull',
            expr: |||
              store_free_bytes{%(storeSelector)s} / store_size_bytes{%(storeSelector)s} * 100 < %(volumeCritical)d
              and
              store_readonly{%(storeSelector)s} == 0
            ||| % $._config,
            'for': '30m',
            labels: { severity: '%(criticalSeverity)s' % $._config },
          },
          {
            alert: 'StoreErrors',
            expr: |||
              # More than 1 in 100.
              sum by (job) (rate(store_errors_total{code=~"5.."}[5m]))
                /
              sum by (job) (rate(store_requests_total[5m])) > 0.01
              and sum by (job) (rate(store_requests_total[5m])) > 1
            |||,
            'for': '5m',
            labels: {
              severity: 'critical',
              latest: '{{ $value }}',
            },
          },
          {
            alert: 'StoreQueueWaits',
            expr: 'store_queue_seconds > %s' % slowAfter,
            'for': $._config.queueWait,
            labels: { severity: 'warning' },
          },
          {
            alert: 'StoreQueue' + lib.suffix,
            expr: "store_queue_length{job=\"store\"} > 100 or store_queue_length{job=\"spare\"} > 200",
            labels: { severity: 'info' },
          },
          lib.absent('StoreDown', 'up{job="store"}') { 'for': '1m' },
        ],
      },
    ],
  },
}
