#!/bin/bash
# Parent of every server of one local cluster. Whatever becomes of the owner, nothing it started outlives it.
#
#   supervisor.sh --supervise DIRECTORY GROUP   the script lies in DIRECTORY.new; GROUP may enter the directory ("" = nobody else)
#   supervisor.sh --take-down DIRECTORY         what a supervisor does at its end, for one that could not
#   supervisor.sh --remove-data DIRECTORY       removes the data directory of a server that does not run
#   supervisor.sh --sweep BASE...               the same for every cluster below BASE whose supervisor is dead
#
# Requests come on standard input, as fields that end in NUL, the number of fields first. Answers are lines on standard output.
#   start ID LOG SIGNAL ARGV...   -> "started ID PID"   a server; SIGNAL is its own immediate stop
#   run ID LOG ARGV...            -> "done ID STATUS"   a command; the answer comes when it has ended
#   mount PATH                    -> no answer          unmount PATH before the directory is removed
# The end of standard input is the order to take everything down. The kernel closes the pipe even if the owner was killed,
# which is the point of the whole arrangement.
set -u
shopt -s nullglob

boot_id=$(</proc/sys/kernel/random/boot_id)
pid_namespace=$(readlink /proc/self/ns/pid)

# Servers must not see the owner's PGHOST, LC_ALL and the like. A shell starts background commands with SIGINT and
# SIGQUIT ignored, and this one ignores SIGPIPE: undo all three.
readonly clean=(env -i --default-signal=INT,QUIT,PIPE,HUP PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 TZ=UTC HOME=/tmp)

# The start time of a process, in clock ticks since boot; nothing if it has ended. With the pid it names a process for good.
started_at() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  read -r -a stat <<<"${stat##*) }"
  [[ ${stat[0]} != Z ]] && echo "${stat[19]}"
}

# Does the supervisor recorded in directory $1 still run?
is_alive() {
  local pid ticks boot namespace
  read -r pid ticks boot namespace <"$1/supervisor" || return 1
  [[ $boot == "$boot_id" ]] || return 1
  [[ $namespace == "$pid_namespace" ]] || return 0 # a neighbouring container's: not ours to judge
  [[ $(started_at "$pid") == "$ticks" ]]
}

# The processes of directory $1: those whose standard error is a log there. Every descendant of a server inherits it, whatever
# it does to its name, session, parent or working directory; a developer's shell or "tail -f" in the directory does not have it.
members() {
  find /proc/[0-9]*/fd/2 -maxdepth 0 -lname "$1/logs/*" -printf '%h\n' 2>/dev/null | cut -d/ -f3
}

# A postmaster that was killed leaves its System V segment behind; its lock file $1 names it. The next start on the same directory
# would remove it, but there may be none.
remove_segment() {
  local fields key id
  mapfile -t fields 2>/dev/null <"$1" || return 0
  read -r key id <<<"${fields[6]:-}"
  [[ -n $id ]] || return 0
  # Still its own, and nobody attached: "key id permissions size creator last-user attached".
  grep -qE "^ *-?[0-9]+ +$id +[0-9]+ +[0-9]+ +${fields[0]} +[0-9]+ +0 " /proc/sysvipc/shm && ipcrm -m "$id"
}

take_down() {
  local dir=$1 pids pid signal rounds segments lock mount
  pids=$(members "$dir")
  # POSIX shared memory has a name that outlives its users; take the names while the mappings still exist.
  segments=$(for pid in $pids; do cat "/proc/$pid/maps" 2>/dev/null; done | grep -o '/dev/shm/PostgreSQL\.[0-9]*' | sort -u)

  # A frozen process hears nothing but SIGKILL and SIGCONT.
  [[ -z $pids ]] || kill -CONT $pids 2>/dev/null
  while read -r pid signal; do
    grep -qx "$pid" <<<"$pids" && kill "-$signal" "$pid" 2>/dev/null
  done <"$dir/servers"
  for ((rounds = 0; rounds < 100; rounds++)); do
    pids=$(members "$dir")
    [[ -n $pids ]] || break
    # Patience ends after 2 s; then every round kills, since a dying server may still fork.
    ((rounds < 80)) || kill -KILL $pids 2>/dev/null
    sleep 0.025
  done

  for lock in "$dir"/nodes/*/postmaster.pid; do
    remove_segment "$lock"
  done
  [[ -z $segments ]] || rm -f -- $segments
  tac "$dir/mounts" | while IFS= read -r mount; do umount -l -- "$mount"; done
  # Never through a mount that would not go away.
  rm -rf --one-file-system -- "$dir"
}

supervise() {
  local dir=$1 group=$2 count id log signal pid descriptor
  local -a request
  trap '' PIPE HUP
  trap 'exit 0' TERM INT
  # Whatever the owner leaked into us would leak into the servers too, and keep its pipes open.
  for descriptor in /proc/$$/fd/*; do
    descriptor=${descriptor##*/}
    ((descriptor <= 2 || descriptor == 255)) || exec {descriptor}>&-
  done

  # The directory appears under its own name only when it says whose it is, so that no sweeper ever sees it without.
  [[ -z $group ]] || chgrp -- "$group" "$dir.new" || exit 1
  chmod 750 "$dir.new" && mkdir "$dir.new/logs" "$dir.new/nodes" && chmod 1770 "$dir.new/nodes" || exit 1
  [[ -z $group ]] || chgrp -- "$group" "$dir.new/nodes" || exit 1
  : >"$dir.new/servers" >"$dir.new/mounts"
  echo "$$ $(started_at $$) $boot_id $pid_namespace" >"$dir.new/supervisor"
  mv -T -- "$dir.new" "$dir" && cd "$dir" && exec 2>>"$dir/supervisor.log" || exit 1
  trap "take_down ${dir@Q}" EXIT
  echo ready

  while IFS= read -r -d '' count; do
    request=()
    while ((count-- > 0)); do
      IFS= read -r -d '' "request[${#request[@]}]" || exit 0
    done
    id=${request[1]} log=$dir/logs/${request[2]:-}.log
    case ${request[0]} in
      start)
        signal=${request[3]}
        (exec "${clean[@]}" "${request[@]:4}" </dev/null >>"$log" 2>&1) &
        echo "$! $signal" >>"$dir/servers"
        echo "started $id $!"
        ;;
      run)
        (
          "${clean[@]}" "${request[@]:3}" </dev/null >>"$log" 2>&1
          echo "done $id $?"
        ) &
        ;;
      mount) echo "$id" >>"$dir/mounts" ;;
    esac
  done
}

sweep() {
  local base dir
  for base; do
    for dir in "$base"/wbd-cluster-*; do
      # Only our own, and no links: a sweeper that runs as root must not be talked into deleting other people's files.
      [[ -d $dir && ! -L $dir && -O $dir ]] || continue
      if [[ $dir == *.new ]]; then
        # Nothing was started from it yet; a minute is far more than its supervisor needs to rename it.
        find "$dir" -maxdepth 0 -mmin +1 -exec rm -rf --one-file-system -- {} +
      elif ! is_alive "$dir"; then
        take_down "$dir"
      fi
    done
  done
}

case $1 in
  --supervise) supervise "$2" "$3" ;;
  --take-down) take_down "$2" ;;
  --remove-data) remove_segment "$2/postmaster.pid"; rm -rf --one-file-system -- "$2" ;;
  --sweep)
    shift
    sweep "$@"
    exit 0 # What can't be removed must not keep a new cluster from starting.
    ;;
esac
