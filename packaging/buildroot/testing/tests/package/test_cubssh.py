import os

import infra.basetest


class CubsshBase(infra.basetest.BRTest):
    config = infra.basetest.BASIC_TOOLCHAIN_CONFIG + \
        """
        BR2_PACKAGE_CUBSSH=y
        BR2_TARGET_GENERIC_ROOT_PASSWD="testpwd"
        BR2_TARGET_ROOTFS_CPIO=y
        # BR2_TARGET_ROOTFS_TAR is not set
        """
    client = "ssh"

    def login(self):
        img = os.path.join(self.builddir, "images", "rootfs.cpio")
        self.emulator.boot(arch="armv5", kernel="builtin",
                           options=["-initrd", img, "-net", "none"])
        self.emulator.login("testpwd")

    def listens(self):
        self.assertRunOk("netstat -ltn | grep 0.0.0.0:22")

    def logs_in_to_itself(self, make_key, key):
        self.assertRunOk("mkdir -m 700 -p /root/.ssh")
        self.assertRunOk(make_key)
        self.assertRunOk(f"cp {key}.pub /root/.ssh/authorized_keys")
        cmd = f"{self.client} -y -i {key} root@127.0.0.1 'echo $((6 * 7))'"
        output, status = self.emulator.run(cmd)
        self.assertEqual(status, 0)
        self.assertEqual(output[-1], "42")


class TestCubssh(CubsshBase):
    client = "ssh -o StrictHostKeyChecking=accept-new"

    def test_run(self):
        self.login()
        self.listens()
        self.logs_in_to_itself("ssh-keygen -q -t ed25519 -N '' -f /root/key", "/root/key")
        self.assertRunOk("/etc/init.d/S50cubssh restart")
        self.listens()


class TestCubsshDropbear(CubsshBase):
    config = CubsshBase.config + \
        """
        BR2_PACKAGE_CUBSSH_DROPBEAR=y
        """
    client = "dbclient"

    def test_run(self):
        self.login()
        self.listens()
        self.logs_in_to_itself("dropbearkey -t ed25519 -f /root/key", "/root/key")
        self.assertRunOk("dropbearkey -y -f /etc/dropbear/dropbear_ed25519_host_key")
        self.assertRunOk("dropbearconvert dropbear openssh /root/key /root/key.openssh")
        self.assertRunOk("/etc/init.d/S50dropbear reload")
        self.listens()
