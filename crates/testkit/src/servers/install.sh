# Installs packages with apt-get and starts nothing of what is installed.
# Arguments: the folder of policy-rc.d, then the packages.
set -e
sbin=$1
shift
policy=$sbin/policy-rc.d
kept=$policy.before-baogao-test

# One at a time on the machine: two would take each other's policy for the one to put back.
exec 8<"$sbin"
flock 8
restore() {
    rm -f "$policy"
    if [ -e "$kept" ]; then mv "$kept" "$policy"; fi
}
trap restore EXIT
trap 'exit 1' HUP INT TERM
# One that a killed installer left is still the one to put back.
if [ -e "$policy" ] && [ ! -e "$kept" ]; then mv "$policy" "$kept"; fi
printf '#!/bin/sh\nexit 101\n' >"$policy"
chmod 755 "$policy"

export DEBIAN_FRONTEND=noninteractive
install() {
    apt-get -o DPkg::Lock::Timeout=600 install -y --no-install-recommends "$@" 8<&-
}
install "$@" || { apt-get -o DPkg::Lock::Timeout=600 update 8<&- && install "$@"; }
