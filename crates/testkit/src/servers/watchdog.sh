# Ends the test servers of a directory once nobody has used them for a while.
# Arguments: the directory, the seconds to wait. Standard input is the file `watched`, locked.
dir=$1
linger=$2
exec 9<"$dir/lock" || exit 1

# Kills the process $1 if it is still the one that was started at $2.
end() {
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
    # The state and what follows it; the name before may hold spaces.
    set -- "$1" "$2" ${stat##*) }
    [ "$2" = "${22}" ] && kill -KILL "$1" 2>/dev/null
    return 0
}

step=$((linger > 5 ? 5 : 1))
quiet=0
while :; do
    if ! flock -n 9; then
        # Somebody uses them: waits for as long as that lasts.
        flock 9 || exit 1
        quiet=0
    fi
    # With the lock held: whoever comes now waits, finds the directory gone and makes a new one.
    [ "$quiet" -ge "$linger" ] && break
    flock -u 9
    sleep "$step"
    quiet=$((quiet + step))
done
for pids in "$dir"/*/pids; do
    [ -f "$pids" ] || continue
    while read -r pid start_time; do
        end "$pid" "$start_time"
    done <"$pids"
done
# What dies may write a last file.
for attempt in 1 2 3 4 5 6 7 8 9 10; do
    rm -rf "$dir" 2>/dev/null && exit 0
    sleep 0.2
done
exit 1
