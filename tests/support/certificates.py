"""Make a throw-away certificate authority, so that tests can speak TLS on loopback."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
import tempfile
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOSTS = ("localhost", "127.0.0.1", "api.example.test")
_DAY = datetime.timedelta(days=1)


class Authority:
    """A certificate authority that lives as long as the test."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("Throw-away test authority")
        self._certificate = self._sign(self._name, self._key.public_key(), ca=True)

    @property
    def pem(self) -> bytes:
        """Return the authority's certificate, for the clients that shall trust it."""
        return self._certificate.public_bytes(serialization.Encoding.PEM)

    def server_context(self, *hosts: str) -> ssl.SSLContext:
        """Make the context of a server with a certificate for these hosts."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([_general(host) for host in hosts or HOSTS])
        signed = self._sign(_name("A test server"), key.public_key(), names, ca=False)
        return _context(signed.public_bytes(serialization.Encoding.PEM), key)

    def own_context(self) -> ssl.SSLContext:
        """Make the context of a server that shows the authority's own certificate: a self-signed one."""
        return _context(self.pem, self._key)

    def client_context(self) -> ssl.SSLContext:
        """Make the context of a client that trusts this authority alone."""
        return ssl.create_default_context(cadata=self.pem.decode())

    def _sign(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePublicKey,
        *extensions: x509.ExtensionType,
        ca: bool,
    ) -> x509.Certificate:
        """Sign a certificate that is valid around now."""
        now = datetime.datetime.now(datetime.UTC)
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self._name).public_key(key)
        builder = builder.serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(now - _DAY).not_valid_after(now + _DAY)
        builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        builder = builder.add_extension(_usage(ca=ca), critical=True)
        # Python 3.13 verifies strictly, and asks for both identifiers and the usage.
        own, issuer = x509.SubjectKeyIdentifier, x509.AuthorityKeyIdentifier
        for extension in (
            own.from_public_key(key),
            issuer.from_issuer_public_key(self._key.public_key()),
            *extensions,
        ):
            builder = builder.add_extension(extension, critical=False)
        return builder.sign(self._key, hashes.SHA256())


def _context(certificate: bytes, key: ec.EllipticCurvePrivateKey) -> ssl.SSLContext:
    """Make the context of a server that shows a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # Python loads a key from a file only; the folder is private and gone right after.
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "server.pem")
        path.write_bytes(certificate + _private(key))
        context.load_cert_chain(path)
    return context


def _usage(*, ca: bool) -> x509.KeyUsage:
    """Return what a key is for: an authority's signs certificates, a server's signs handshakes."""
    return x509.KeyUsage(
        digital_signature=not ca,
        key_cert_sign=ca,
        crl_sign=ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common: str) -> x509.Name:
    """Make a subject with a common name."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _general(host: str) -> x509.GeneralName:
    """Make the name of a host, which may be an address."""
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Write a private key as PEM."""
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
