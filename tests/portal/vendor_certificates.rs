//! Certificates that cannot be trusted: each has its name, and nothing is sent. Certificates are made and served with
//! the `openssl` command; where that is missing the test says so.

#![cfg(test)]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use kinbridge::connectors::{CareSystems, FailureKind, Limits};

use crate::support::vendors::played::{ALL, at, key};

/// Tells the second process where the servers are.
const SERVERS: &str = "KINBRIDGE_TEST_TLS_SERVERS";

/// Serves one certificate until dropped.
struct Server {
    child: Child,
    port: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _left = std::fs::remove_dir_all(&self.0);
    }
}

fn openssl(folder: &Path, line: &str) {
    let done = Command::new("openssl").args(line.split_whitespace()).current_dir(folder).output().unwrap();
    assert!(done.status.success(), "openssl {line}: {}", String::from_utf8_lossy(&done.stderr));
}

/// An authority, and three certificates signed by it.
fn certificates(folder: &Path) {
    std::fs::write(folder.join("index.txt"), "").unwrap();
    std::fs::write(folder.join("serial"), "01").unwrap();
    let authority = "[ca]\ndefault_ca=a\n[a]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\n\
        policy=p\ncopy_extensions=copy\nunique_subject=no\n[p]\ncommonName=supplied\n";
    std::fs::write(folder.join("ca.cnf"), authority).unwrap();
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    openssl(folder, &format!("req -x509 {key} -keyout ca.key -out ca.pem -subj /CN=test-authority -days 30"));
    openssl(
        folder,
        &format!(
            "req -x509 {key} -keyout self.key -out self.pem -subj /CN=localhost -addext subjectAltName=DNS:localhost -days 9"
        ),
    );
    for (name, host, from, to) in [
        ("good", "localhost", "20250101000000Z", "20491231000000Z"),
        ("expired", "localhost", "20200101000000Z", "20200201000000Z"),
        ("other", "elsewhere.example", "20250101000000Z", "20491231000000Z"),
    ] {
        openssl(
            folder,
            &format!(
                "req {key} -keyout {name}.key -out {name}.csr -subj /CN={host} -addext subjectAltName=DNS:{host}"
            ),
        );
        openssl(
            folder,
            &format!(
                "ca -batch -config ca.cnf -cert ca.pem -keyfile ca.key -in {name}.csr -out {name}.pem -notext \
             -startdate {from} -enddate {to}"
            ),
        );
    }
}

fn serve(folder: &Path, name: &str) -> Server {
    let args = format!("s_server -accept 127.0.0.1:0 -cert {name}.pem -key {name}.key -www");
    let mut child = Command::new("openssl")
        .args(args.split_whitespace())
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let accept = lines.map_while(Result::ok).find(|line| line.starts_with("ACCEPT")).unwrap();
    Server { child, port: accept.rsplit(':').next().unwrap().to_owned() }
}

#[test]
fn a_certificate_that_cannot_be_trusted_has_its_name() {
    if Command::new("openssl").arg("version").output().is_err() {
        println!("left out: certificates, because the command openssl is missing");
        return;
    }
    let folder = Folder(std::env::temp_dir().join(format!("kinbridge-tls-{}", std::process::id())));
    std::fs::create_dir_all(&folder.0).unwrap();
    certificates(&folder.0);
    let servers = ["good", "expired", "other", "self"].map(|name| serve(&folder.0, name));
    let ports = servers.iter().map(|server| server.port.as_str()).collect::<Vec<_>>().join(",");
    // The authority is trusted by way of the environment, which only a process of its own may have.
    let second = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "vendor_certificates::in_a_process_that_trusts_the_test_authority", "--nocapture"])
        .env("SSL_CERT_FILE", folder.0.join("ca.pem"))
        .env(SERVERS, ports)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&second.stdout);
    assert!(second.status.success() && told.contains("four certificates seen"), "{told}");
}

#[tokio::test]
async fn in_a_process_that_trusts_the_test_authority() {
    let Ok(ports) = std::env::var(SERVERS) else { return };
    let expected = [
        // Past the certificate: the server's own page is all there is.
        FailureKind::WebPage,
        FailureKind::CertificateExpired,
        FailureKind::CertificateWrongHost,
        FailureKind::CertificateUntrusted,
    ];
    for (vendor, _) in ALL {
        for (port, kind) in ports.split(',').zip(expected) {
            let settings = at(vendor, &format!("https://localhost:{port}"), Limits::default());
            let system = CareSystems::new(&settings).unwrap().get(vendor).unwrap();
            let failure = system.read_people(&key(), &()).await.unwrap_err();
            assert_eq!(failure.kind, kind, "{vendor}");
        }
    }
    println!("four certificates seen");
}
