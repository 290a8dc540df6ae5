#!/usr/bin/env python3
"""Holds that a public hub cannot lead into a private network, between two network namespaces. For root, on Linux.

    tools/hub_namespaces.py [--program .build/release/cambium]

The hub (`tools/test_hub.py`, with TLS) has a public address and a private one; the client knows names for both. A look at a
model is allowed when hub and store are public, and when both are private; when the hub is public and its store's name leads to
the private address, it is E_HUB_PRIVATE_ADDRESS, and the store has seen no request. A certificate that nobody vouches for is
E_HUB_UNREACHABLE. Everything that was made is removed again.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PUBLIC, PRIVATE = "203.0.113.1", "10.9.9.1"
HUB, CLIENT = f"cambium-hub-{os.getpid()}", f"cambium-client-{os.getpid()}"


def run(*command, **options):
    return subprocess.run(command, check=True, text=True, capture_output=True, **options).stdout


def set_up():
    run("ip", "netns", "add", HUB)
    run("ip", "netns", "add", CLIENT)
    run("ip", "link", "add", "chub", "netns", HUB, "type", "veth", "peer", "name", "cclient", "netns", CLIENT)
    for space, device, last in [(HUB, "chub", 1), (CLIENT, "cclient", 2)]:
        for network in ["203.0.113", "10.9.9"]:
            run("ip", "-n", space, "address", "add", f"{network}.{last}/24", "dev", device)
        for link in [device, "lo"]:
            run("ip", "-n", space, "link", "set", link, "up")
    os.makedirs(f"/etc/netns/{CLIENT}")
    with open(f"/etc/netns/{CLIENT}/hosts", "w") as file:
        file.write(f"127.0.0.1 localhost\n{PUBLIC} public.test store-public.test\n{PRIVATE} private.test store-private.test\n")


def take_down():
    for space in [HUB, CLIENT]:
        subprocess.run(["ip", "netns", "delete", space], capture_output=True)
    shutil.rmtree(f"/etc/netns/{CLIENT}", ignore_errors=True)


def look(options, folder, hub_name, store_name, certificate=True):
    """Exit status, standard error, and requests that the store saw."""
    log = tempfile.mktemp(dir=folder)
    command = [
        "ip", "netns", "exec", HUB, sys.executable, ROOT + "/tools/test_hub.py", folder + "/repos", "--log", log, "--bind",
        "0.0.0.0", "--host", hub_name, "--cdn-host", store_name, "--cert", folder + "/cert.pem", "--key",
        folder + "/key.pem",
    ]
    hub = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    endpoint = json.loads(hub.stdout.readline())["endpoint"]
    environment = {
        "PATH": os.environ["PATH"], "HOME": folder, "HF_ENDPOINT": endpoint, "HF_TOKEN": "hf_secret",
        "HF_HUB_ETAG_TIMEOUT": "2",
    }
    if certificate:
        environment["SSL_CERT_FILE"] = folder + "/cert.pem"
    result = subprocess.run(
        ["ip", "netns", "exec", CLIENT, options.program, "inspect", "hub:org/donor"], env=environment, text=True,
        capture_output=True)
    hub.stdin.close()
    hub.wait()
    lines = [json.loads(line) for line in open(log)] if os.path.exists(log) else []
    store = [line for line in lines if line["port"] == "cdn"]
    assert not any(line["authorization"] for line in store)
    return result.returncode, result.stderr, len(store)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=ROOT + "/.build/release/cambium")
    options = parser.parse_args()
    options.program = os.path.abspath(options.program)
    folder = tempfile.mkdtemp(prefix="hub-namespaces-")
    bad = 0
    try:
        names = ["public.test", "private.test", "store-public.test", "store-private.test"]
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder + "/key.pem", "-out",
            folder + "/cert.pem", "-days", "2", "-subj", "/CN=public.test", "-addext",
            "subjectAltName=" + ",".join(f"DNS:{name}" for name in names))
        os.makedirs(folder + "/repos/org")
        shutil.copytree(ROOT + "/manifests/demo/donor", folder + "/repos/org/donor")
        set_up()
        for hub_name, store_name, certificate, code, sees in [
            ("public.test", "store-public.test", True, None, True),
            ("private.test", "store-private.test", True, None, True),
            ("private.test", "store-public.test", True, None, True),
            ("public.test", "store-private.test", True, "E_HUB_PRIVATE_ADDRESS", False),
            ("public.test", PRIVATE, True, "E_HUB_PRIVATE_ADDRESS", False),
            ("public.test", "store-public.test", False, "E_HUB_UNREACHABLE", False),
        ]:
            status, said, store = look(options, folder, hub_name, store_name, certificate)
            right = (code in said if code else status == 0) and bool(store) == sees and "hf_secret" not in said
            print(f"{hub_name} → {store_name}{'' if certificate else ', unknown certificate'}: "
                  f"{code or 'allowed'}, store asked {store} times: {'right' if right else 'WRONG'}")
            if not right:
                print(said)
                bad += 1
    finally:
        take_down()
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
