# For the scripts in bench/, which source it at the root of the repository: builds, runs a bench, says under which conditions.

# Installs PostgreSQL's server where it is missing, without the cluster that Debian would start.
need_postgres() {
  if ls /usr/lib/postgresql/*/bin/initdb > /dev/null 2>&1 || command -v initdb > /dev/null; then return; fi
  mkdir -p /etc/postgresql-common
  [[ -e /etc/postgresql-common/createcluster.conf ]] || echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf
  apt-get update
  DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends postgresql
}

# measure BENCH [OPTION]…    Returns what the bench does.
measure() {
  export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
  dotnet build --configuration Release --verbosity quiet -nodeReuse:false bench/Gateway.Bench < /dev/null || return
  local load status=0 postgres
  load=$(cut -d' ' -f1-3 /proc/loadavg)
  dotnet bench/Gateway.Bench/bin/Release/net10.0/gateway-bench.dll "$@" < /dev/null || status=$?
  echo "Measured $(date -u +%F) at $(git rev-parse --short HEAD): $(nproc) cores ($(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)), $(awk '/MemTotal/ { printf "%.0f GB", $2 / 1048576 }' /proc/meminfo) memory, Linux $(uname -r | cut -d- -f1), load before $load, after $(cut -d' ' -f1-3 /proc/loadavg), .NET $(dotnet --version), journals on $(findmnt -no FSTYPE -T "${TMPDIR:-/tmp}"), everything on the loopback of one machine."
  postgres=$(ls /usr/lib/postgresql/*/bin/postgres 2> /dev/null | tail -1) || true
  if [[ -n $postgres ]]; then "$postgres" --version; fi
  return "$status"
}
