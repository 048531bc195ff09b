#!/usr/bin/env bash
# What of zegel-agent.exe can be run without Windows, run under Wine: version, manifests in the registry, the protocol
# without a reader, and the PIN window with keys typed into it. Smart cards are not: Wine's service has none here.
#
#   tests/windows/run.sh zegel-agent.exe
set -euo pipefail

program=$(realpath "$1")
folder=$(mktemp -d)
export WINEPREFIX=$folder/prefix WINEDEBUG=-all WINEDLLOVERRIDES='mscoree=;mshtml='
screen=
# Only what this run started: its own jobs, its own Wine server, by its prefix, and its own screen.
trap 'jobs -p | xargs -r kill 2>/dev/null || true; wineserver -k 2>/dev/null || true
  [ -z "$screen" ] || kill "$screen"; rm -rf "$folder"' EXIT
fail() { printf 'windows: error: %s\n' "$*" >&2; exit 1; }

PATH=$PATH:/usr/lib/wine
wine() { timeout 120 wine64 "$@" </dev/stdin 2>/dev/null; }

# It complains of a screen without a window manager.
keys() { timeout 60 xdotool "$@" 2>/dev/null; }

# A Wine of Debian 12 lacks a library that every Windows has.
x86_64-w64-mingw32-gcc -shared -O -Wall -o "$folder/bcryptprimitives.dll" \
  "$(dirname "$0")/bcryptprimitives.c" -ladvapi32
cp "$program" "$folder/zegel-agent.exe"
agent=$folder/zegel-agent.exe

exec 7< <(exec Xvfb -displayfd 1 -screen 0 800x700x24 2>/dev/null)
screen=$!
read -r -t 20 number <&7 || fail "no screen"
export DISPLAY=:$number

# ---- version and usage ----
version=$(wine "$agent" --version </dev/null | tr -d '\r')
[[ $version == "zegel-agent "* ]] || fail "version: $version"
code=0; wine "$agent" fly </dev/null 2>/dev/null || code=$?
[ "$code" = 2 ] || fail "wrong usage ends with $code"

# ---- manifests and registry ----
value() { wine reg query "HKCU\\Software\\$1\\NativeMessagingHosts\\be.zegel.agent" /ve </dev/null 2>/dev/null | tr -d '\r' | sed -n 's/.*REG_SZ *//p'; }
said=$(wine "$agent" install --silent </dev/null)
[ -z "$said" ] || fail "a silent install says: $said"
for vendor in 'Google\Chrome' Chromium 'Microsoft\Edge' Mozilla; do
  manifest=$(value "$vendor")
  [[ $manifest == *be.zegel.agent.json ]] || fail "$vendor: no manifest in the registry"
  file=$WINEPREFIX/dosdevices/c:/$(printf '%s' "${manifest#C:\\}" | tr '\\' /)
  grep -q 'zegel-agent.exe' "$file" || fail "$vendor: the manifest does not name the program"
done
wine "$agent" install --silent </dev/null
[ "$(wine "$agent" status </dev/null | grep -c 'in place')" = 4 ] || fail "not four in place"
# A key that somebody else changed is theirs.
wine reg add 'HKCU\Software\Mozilla\NativeMessagingHosts\be.zegel.agent' /ve /d 'C:\theirs.json' /f </dev/null >/dev/null
wine "$agent" uninstall --silent </dev/null
[ -z "$(value 'Google\Chrome')" ] || fail "a key is left behind"
[ "$(value Mozilla)" = 'C:\theirs.json' ] || fail "somebody else's key is gone"

# ---- protocol ----
frame() { local text=$1; printf "\\x$(printf %02x $((${#text} % 256)))\\x$(printf %02x $((${#text} / 256)))\\x00\\x00%s" "$text"; }
status=$(frame '{"command":"status"}' | wine "$agent" chrome-extension://idhdgglmkaobonmheolepglilcfobnnm/ --parent-window=0 | tr -d '\0')
[ "$(grep -o '"version":"2.0.0+zegel' <<<"$status" | wc -l)" = 2 ] || fail "status: $status"
wrong=$(frame '{"command":"photo"}' | wine "$agent" run | tr -d '\0' || true)
[[ $wrong == *ERR_WEBEID_NATIVE_INVALID_ARGUMENT* ]] || fail "unknown command: $wrong"

# Without a card service the person is told so in a window, and may cancel there.
asked='{"command":"get-signing-certificate","arguments":{"origin":"https://a.example","lang":"en"}}'
{ frame "$asked"; sleep 60; } | wine "$agent" run >"$folder/answer" &
window=$(keys search --sync --onlyvisible --name '^Card reader$' | head -n 1) || fail "no window without a card"
keys key --window "$window" Return
for _ in $(seq 200); do grep -q error "$folder/answer" && break; sleep 0.1; done
grep -q ERR_WEBEID_USER_CANCELLED "$folder/answer" || fail "cancelled: $(tr -d '\0' <"$folder/answer")"

# ---- the PIN window ----
{ printf 'SETTITLE Sign\nSETDESC You SIGN a document at:%%0Ahttps://a.example\nSETPROMPT PIN code:\nSETOK Sign\nSETCANCEL Cancel\nSETTIMEOUT 60\nGETPIN\n'; sleep 60; } |
  wine "$agent" pinentry >"$folder/typed" &
window=$(keys search --sync --onlyvisible --name '^Sign$' | head -n 1) || fail "no PIN window"
keys type --window "$window" --delay 50 1234
[ -z "${ZEGEL_PICTURE:-}" ] || import -window root "$ZEGEL_PICTURE"
keys key --window "$window" Return
for _ in $(seq 200); do grep -q '^D ' "$folder/typed" && break; sleep 0.1; done
grep -q '^D 1234' "$folder/typed" || fail "typed: $(cat "$folder/typed")"
echo "zegel-agent.exe: version, registry, protocol and windows under Wine $(wine64 --version)"
