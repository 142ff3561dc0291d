//! Certificates for mail servers on this machine, made by the command `openssl`: an authority of ours, and what can
//! be wrong with a certificate.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// The authority's own certificate.
pub fn authority() -> Vec<u8> {
    std::fs::read(folder().join("ca.pem")).unwrap()
}

/// The file of the authority, or of one of the certificates: `good`, `expired`, `other`, `self`.
pub fn file(name: &str) -> PathBuf {
    folder().join(name)
}

pub fn acceptor(name: &str) -> TlsAcceptor {
    let chain: Vec<_> =
        CertificateDer::pem_file_iter(file(&format!("{name}.pem"))).unwrap().map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_file(file(&format!("{name}.key"))).unwrap();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
    TlsAcceptor::from(Arc::new(config))
}

fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = std::env::temp_dir().join(format!("kinbridge-mail-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        make(&folder);
        folder
    })
}

fn make(folder: &Path) {
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
        let request = format!(
            "req {key} -keyout {name}.key -out {name}.csr -subj /CN={host} -addext subjectAltName=DNS:{host}"
        );
        openssl(folder, &request);
        let sign = format!(
            "ca -batch -config ca.cnf -cert ca.pem -keyfile ca.key -in {name}.csr -out {name}.pem -notext \
             -startdate {from} -enddate {to}"
        );
        openssl(folder, &sign);
    }
}

fn openssl(folder: &Path, line: &str) {
    let done = Command::new("openssl").args(line.split_whitespace()).current_dir(folder).output();
    let done = done.expect("the command openssl is there");
    assert!(done.status.success(), "openssl {line}: {}", String::from_utf8_lossy(&done.stderr));
}
