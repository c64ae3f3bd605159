"""Makes the database of a Samba AD DC in a private directory, and fills it. /etc/samba is left alone.

Reads one JSON object from standard input:
  directory, realm, netBiosName, hostName, domainSid, administratorPassword, recycleBin,
  seed: a file of LDIF change records (add, modify, delete), or null
Writes one JSON object to standard output: {"objects": records added, "deletions": records deleted}.
Samba's own remarks go to standard error. Run it with the Python that Samba was built for.
"""

import grp
import json
import logging
import os
import pwd
import sys

import ldb
from samba import dsdb
from samba.auth import system_session
from samba.dcerpc import security
from samba.param import LoadParm
from samba.provision import FILL_FULL, provision
from samba.samdb import SamDB
from samba.schema import Schema

# Windows Server 2016's schema knows msDS-ExternalDirectoryObjectId. Samba 4.17 has its files, but does not list it yet.
Schema.base_schemas.setdefault(
    "2016",
    ("AD_DS_Attributes__Windows_Server_2016.ldf", "AD_DS_Classes__Windows_Server_2016.ldf", 87),
)

# What the DC numbers by itself must not collide with the SIDs of a seed.
FIRST_RID_OF_ITS_OWN = 1_000_000

RECYCLE_BIN_FEATURE = "766ddcd8-acd0-445e-f3b9-a7f9b6744f2a"

# A mail-enabled public folder as Exchange makes it, which every account may read, as most classes say. The object
# identifier is of the arc for examples (RFC 5612).
PUBLIC_FOLDER_CLASS = """dn: CN=public-Folder,{schema}
objectClass: classSchema
governsID: 1.3.6.1.4.1.32473.1.1
lDAPDisplayName: publicFolder
subClassOf: top
auxiliaryClass: mailRecipient
mayContain: mail
possSuperiors: container
objectClassCategory: 1
defaultSecurityDescriptor: D:(A;;RPWPCRCCDCLCLORCWOWDSDDTSW;;;DA)(A;;RPWPCRCCDCLCLORCWOWDSDDTSW;;;SY)(A;;RPLCLORC;;;AU)
defaultObjectCategory: CN=public-Folder,{schema}
"""

# A seed chooses objectGUID, objectSid and sIDHistory by itself.
RELAX = ["relax:0"]
# A principal of a domain that is not trusted is refused outside of provisioning.
PROVISION = [*RELAX, "provision:0"]


def make_domain(order):
    directory = order["directory"]
    boot = os.path.join(directory, "boot.conf")
    with open(boot, "w", encoding="utf-8") as file:
        # A test's database need not survive a power cut. It survives the end of the process.
        file.write("[global]\nldb:nosync = yes\n")
    parameters = LoadParm()
    parameters.load(boot)
    log = logging.getLogger("provision")
    log.setLevel(logging.ERROR)
    user = pwd.getpwuid(os.getuid()).pw_name
    provision(
        log,
        system_session(),
        targetdir=directory,
        samdb_fill=FILL_FULL,
        realm=order["realm"],
        domain=order["netBiosName"],
        hostname=order["hostName"],
        domainsid=security.dom_sid(order["domainSid"]),
        next_rid=FIRST_RID_OF_ITS_OWN,
        adminpass=order["administratorPassword"],
        serverrole="active directory domain controller",
        # 2008 R2 is the least that the Recycle Bin wants, and the most that goes without DNS partitions.
        dom_for_fun_level=dsdb.DS_DOMAIN_FUNCTION_2008_R2,
        dns_backend="NONE",
        base_schema="2016",
        root=user,
        nobody=user,
        users=grp.getgrgid(os.getgid()).gr_name,
        skip_sysvolacl=True,
        batch_mode=True,
        lp=parameters,
    )


def open_database(directory):
    parameters = LoadParm()
    parameters.load(os.path.join(directory, "etc", "smb.conf"))
    parameters.set("dsdb:schema update allowed", "yes")
    # Without a large cache of indexes, a load takes quadratic time.
    return SamDB(
        os.path.join(directory, "private", "sam.ldb"),
        session_info=system_session(),
        lp=parameters,
        options=["batch_mode:1", "transaction_index_cache_size:200000"],
    )


def extend_schema(database):
    database.add_ldif(PUBLIC_FOLDER_CLASS.format(schema=database.get_schema_basedn()), RELAX)
    database.set_schema_update_now()


def enable_recycle_bin(database):
    message = ldb.Message(ldb.Dn(database, ""))
    message["enableOptionalFeature"] = ldb.MessageElement(
        f"CN=Partitions,{database.get_config_basedn()}:{RECYCLE_BIN_FEATURE}",
        ldb.FLAG_MOD_REPLACE,
        "enableOptionalFeature",
    )
    database.modify(message)


def load(database, file):
    added = deleted = 0
    with open(file, encoding="utf-8") as ldif:
        records = database.parse_ldif(ldif.read())
        for change, message in records:
            try:
                if change == ldb.CHANGETYPE_DELETE:
                    database.delete(message.dn, ["show_deleted:1"])
                    deleted += 1
                elif change == ldb.CHANGETYPE_MODIFY:
                    database.modify(message, RELAX)
                else:
                    is_foreign = b"foreignSecurityPrincipal" in message["objectClass"]
                    database.add(message, PROVISION if is_foreign else RELAX)
                    added += 1
            except ldb.LdbError as error:
                raise SystemExit(f"the record of {message.dn} was refused: {error}") from error
    return added, deleted


def main():
    # Whatever Samba prints, the answer alone goes to standard output.
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    order = json.load(sys.stdin)
    make_domain(order)
    database = open_database(order["directory"])
    extend_schema(database)
    if order["recycleBin"]:
        enable_recycle_bin(database)
    added = deleted = 0
    if order["seed"] is not None:
        database.transaction_start()
        added, deleted = load(database, order["seed"])
        database.transaction_commit()
    json.dump({"objects": added, "deletions": deleted}, answer)
    answer.close()


main()
