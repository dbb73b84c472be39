#!/bin/sh
# Makes the namespaces of a node and runs a command in them, as their first process.
#
# Usage: namespace.sh CGROUP STATE LOG FOLDER... -- COMMAND ARGUMENT...
#   CGROUP   its cgroup, below every hierarchy; this process is in it, and it is the root of its cgroup namespace
#   STATE    folder; its folder "upper" lies over the machine's root and takes what the node writes
#   LOG      file for the output of the command
#   FOLDER   folders that the node sees as they are, and may write to
#
# It says "user" once its user namespace wants an id map, and waits for a line; then "network" once its
# network namespace wants a link, and waits for a line. If the other side dies instead, so does this.
set -eu

cgroup=$1 state=$2 log=$3
shift 3
root=$state/merged
mkdir -p "$state/upper" "$state/work" "$root"

# The node sees its own cgroup as the whole hierarchy. (All of this happens in this mount namespace only.)
mounts=$(cat /proc/self/mounts)
while read -r _ point type _; do
  case $type in
  cgroup | cgroup2)
    mount --bind "$point/$cgroup" "$root"
    umount "$point"
    mount --move "$root" "$point"
    ;;
  esac
  if [ "$type" = cgroup2 ]; then
    # Version 2 has no limits below a cgroup that holds processes itself.
    mkdir -p "$point/node"
    echo $$ >"$point/node/cgroup.procs"
    for controller in $(cat "$point/cgroup.controllers"); do
      echo "+$controller" >"$point/cgroup.subtree_control" || true
    done
  fi
done <<END
$mounts
END

# The machine's own root, and over it what the node writes: nothing of the machine changes. It is mounted
# before the user namespace is made, because there the kernel refuses it ("failed to clone lowerpath").
mount -t overlay overlay -o "lowerdir=/,upperdir=$state/upper,workdir=$state/work" "$root"
for folder in /proc /sys /dev; do
  mount --rbind "$folder" "$root$folder"
done
mount -t tmpfs -o mode=755 tmpfs "$root/run"
while [ "$1" != -- ]; do
  mkdir -p "$root$1"
  mount --rbind "$1" "$root$1"
  shift
done
shift
cd "$root"
mkdir -p .machine
pivot_root . .machine
umount -l /.machine
rmdir /.machine
cd /

# A user namespace, because containerd and gVisor know that the kernel refuses some things in one. Its
# processes end with the one that unshares (--kill-child), whose id is the handle of the node.
# shellcheck disable=SC2016 # the inner shells expand these
exec unshare --user -- sh -c '
  echo user
  read -r answer || exit 1
  exec unshare --mount --net --pid --ipc --uts --fork --kill-child --mount-proc --propagation shared -- sh -c '\''
    echo network
    read -r answer || exit 1
    exec "$@" </dev/null >>"$0" 2>&1
  '\'' "$0" "$@"
' "$log" "$@"
