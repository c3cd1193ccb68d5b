/* test_sntrup761.c - a known decapsulation, inverses, weights, and what is done with damage. */
/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "sntrup761.h"

/* TinySSH's crypto-tests (public domain): f, 1/g, the public key, rho; ciphertext; secret */
static const char kat_sec[] =
    "655515602a5155a5514550545665522245aa4155915556a955445516558a95651900619859956455a86591555695"
    "8911559149554a4601464951115a25519a4565521019451155456124869654989015556464995544255165565454"
    "544441a556661645605455455166545459949619555525556699154555554552115a940955a85665545649616515"
    "56150651944545006591660854551595844165a04556455599146550955651415555549555551a42586559555121"
    "995595555155024162059500661156005a69840886581a1889242889245980058162424485a5501505a8226a2615"
    "285a02466a1a12a06a49524586885816612894a9120809281aa110402a6696490a960808414695598a69450426a9"
    "14a9595281212642516916656520265611112a6104008942268856a49198896529860a845961a655461a2905a415"
    "82659698a8188a80085064109549a46a6085826825180900a10610285481a915184029100142226a9552a2261129"
    "5549145568656648a5548528a002";
static const char kat_pub[] =
    "950c3382e72ef8d931f1caba929231ff3ab8a8c0730014942add41f594fcdc5a4ac17742f2d44000072de007d17c"
    "ab0eda08b6e9530cf7ad09b284e2260506843ed686c6f58cce5a0b574accf4bca78b4f4122b267fb1ef564655469"
    "1a168c9b21b611f55690dda3a80e935a502b063651d8f2414d6e47ebe4ecb4f7363b55117086e73a45b3fb0a82b8"
    "edda24473e85e237bb35aad634d4beed0845ae22de6a790f36ffb01499a3e91a0168b65fed65c573a7946bff57a0"
    "653a177a8d980e69e0914a7dff92c9ce25ecd611d2123f519aaa92b2b51d9784bd4809aa2d513f267a6ba74da681"
    "3b14d3beb6a26f62a19ac6875917812024b36fa353b1238d4c9a06bab93667c68e8a0ba9510c20012fffa3a0c1eb"
    "a564b6193a50e9fc199e9961c8c37112cc4aa80079c15d8bc13e66ae6eaae51daf9ba4ee4d00500f4f46e06ef314"
    "066d76abd1e1b9a2cc64659cbee68948cd622efc98e3b612e194912c016abcc4a7c78ae65ad4623e01828fc317d2"
    "bd28fdc30867fcfd68d8b9809f6aa5fde621938b52e1a22a4f96ceb0cfb3bacf0225e1fdf13c4f9b03d8a5cb589c"
    "e9edbe7b76a9fcfec47da92e38927bd05ffb836237f20004e4535a7b5e786b1311ce397690d8788b6fd0b43bad79"
    "25a45e94e5b226adf14e3306cb52f176f46168a4b7bcdac8c39033065c18b81688364d54a177f5b432babc9cd716"
    "98de769c548d0bfb72f9ff3bb22a5d8b6f408b16208a35458f193b812f2c97c5c15ebedf470e65d69b7d2858a86b"
    "b3fc117f520e21774c3589f9d418c8fc45e557151c36500c77cce04cc5f01f7ffd9a57a72222d19a7cdb4027d575"
    "f10e270fbfaa246319706477e46c32716614e3a5b4ace5e9bd8bfb837dd29a5de75face7f6b7d3c4f6781f54251e"
    "0ca76c4bab44f21f300c4a3e0d2c15d8edee20ddbc24b92d27cc8a1119c4fb2fcfe3693c604fa37a3b584704db94"
    "02075a1170d1a1d40ee54534df73d66beddcb207de7a57dd444e084b43a8fa2d246b580d2ab64b15792140cbb882"
    "f696197607fd42e643d20cfac107f7c31baf27e463849242951652bb775d6a2c1e015385a406d6df3faa5bfc469e"
    "3e3d5be69d5b618b6bd98e2c0948e5769ee2880ceded8cda5931e8f31d9eeae111a8c3acb3ff22f997dd4b1f85a4"
    "dfe8613b97539e2f48a9dbbf85848d9a8a8935f8a7331061d476d3af1bbeca7791a91a89aeeb9623e1125c5f57cc"
    "7d8f269d3d1b9686c0223d773bff5c1660473535e7b9e0b0f17e63650c17cf923d4094e3cdf1f039d7572c096239"
    "2fc939c49881089a5efdbeb0d7b35d0c8122963daa1be230137cc94df44bebccd3c6501b2002d00c65b10283f3f4"
    "850fc579dc3f66d5b006570a7285beaf127644f4b8761cfa6e749ba78b30cac6903fbfd0233b75952f06b5ea5ba0"
    "49311355b8e3fa3b52dbe3064923d27cfb0923ae51dc92067569629caa02d9f0a55bb518ee01cea253553589cf23"
    "f91fad0cac3c4917a5ea067fc50d2c251a62f43d6a5ffab3fbc47fa100942eb2ff10162dada84b3a06125d53e8c1"
    "cdcf7b8c464dadb538a476b79c8c3a9e1398d1b4e145fedd886f8bca2207a2b2c5515e453343d917741a6e3e4887"
    "6a0901a650acf904";
static const char kat_rho[] =
    "6c5f7aa090d73314c27c84e69bfd8f03850eaa1705b15f08e878eefca0344f803db6b48e175e55ca1644a8d2a287"
    "c32f00c6d99bbec3989be82ce7af01ea8ac22d369fce2383ea3976be7752dd8b657571c214a0a26a837ff88206d9"
    "fb51c5ce4d3d75f017aacff4b259c4722a311e5d33c9908b072797533ac74425a173466c00db8bc8949e2a11b5b4"
    "388874ac8fc3f11d88dcfdc7ef07be4be3dd9f02cb6ebc26a48c01b2babff16b7f87a2c5cabd31a5e524a0a28423"
    "9c06e74804addd";
static const char kat_ct[] =
    "9d9c627be23a224ab11276214cca8c3fea2a78202c0d5194402d6e6cadb529954ce51eeb28e1fad442c6c3d603b1"
    "aa8fe5875669d9587acbd2ea80e8c97815e00bb44b1cc43d2d7bc5360e8a82e08abfd3104c01154705fc26868ad8"
    "2081d53559d074dfcd0eb94d804b8dfdbd80a020bd2a58f2d008b87d8ed9ff36b31de794875c5ff7494841956768"
    "3e6ccd3615df47ad146661998b3f103e7ee9bb60ed877b9023c15a80bd7f670e4aa27eb46dcc673d91e8f7d92538"
    "54cfb18a15ddc394af6d04f93556e78abc16ce33f87edd846728ca0975cb86030896f9eec39b3d18b877286469d4"
    "5363bd5559c70c78da65d6b9e40eb5c5cd95ec5c031bf27ad8de16621d8d3fb3a1f44672d5933cc986f2581e1062"
    "39c58dd8da88a16bee76addaa02190106e253159ebcdb82634384cab3e9d00cd4b4ecd0e6e337f615c6277ba6cc1"
    "d3e335f2eaaa40110ad10f0336f106c50a87e1f4e9c648b8e026c468d07a848b4401188cb5849de21adc1a7fb003"
    "6ba1a1f3a9cd379a43ab9ec3d58a436fa32f0f0819c5fb699478740103d12f042b6a5bed4326e02a90d5ee8503e4"
    "3a8bb3b1a409c84d20d78741a3bdca5921bf0cdeb3c0ea8801283797d3f72d496cd6c07847922caffe78c2180e5b"
    "d2277254310f88b0a95b6f5f02e244a1db7c1be0cb0d566bc280845d280c883a4d987855d6e63425c07538f1a766"
    "2d2c1055f0b4cf894fba63948afd1d124db7b591692838768523c4c3cd6ca8890185d0d9b3c3dcea768f308288a9"
    "3a831225054b624a7adc3d12483cb2c022110108fd30918645b9426acb5318fd4c76494fe2cae2038edbd41fe838"
    "2bf24aeba02373e4c03f6f6f355024e817f7efa61bd462fcbf49662184aec1c457ddeb251ed7cadf87b7b4c60893"
    "101534f4b9cf08a57d8a680c4fc001b79c05e77c2126d05eaab9a34f2f346801d236be99cae63cfb30eac26cd52a"
    "a84165820b57097b8d462ebf14227073152ec6d61cee68ae2fe3622d3e02b5e303ab5ac7d2813c4236df776f9113"
    "72e317a269a7167e68b5227dec5b6c5b786d368e4641b5e1396ff3fef1c98d62abc9cf7bcef25452989f2387c549"
    "257e3b422b9410d91978d9aacdb0866104ee3eefca630778b790f32038370d519a5424a2851e21b0c33711786075"
    "0296abbf2040c3cf76695d354013b1f02bed7a1fefa3208f8a6d4a6dd8ff6fcab2033fa900586a444c90b8130451"
    "fafc9d0692fa57f73e035ee9beefbd2431f925f69db64e2370f95029dc09a7fae9cbfe4c7ec598c5d06ce71a47c5"
    "44e24f1a76a1a4b9139b80d066cb8e754f2b739c814dde0f3706111d4220075d0a3ab64ceb7b7af96e53bee7d3c7"
    "461114ff84c911f5ecb69e4294ae8cfdb469f738fe5dadd69fe4d683e43d90aaad0765d72b4e11ca02213b1e80c2"
    "789c57aa8fdbc7d8ae315cbfe8d740782459fe8b1e1231904af568";
static const char kat_shared[] = "eda0ccf8260cf4955da771a390edf0d987f7fcec54f2bed79179c7ec2dd21d05";

static uint8_t sec[SNTRUP761_SEC], pub[SNTRUP761_PUB], ct[SNTRUP761_CT], one[32], two[32];
static struct rng rng;

static void test_kat(void)
{
	uint8_t want[32];

	check_hex(sec, kat_sec);
	check_hex(sec + 2 * SNTRUP_SMALL, kat_rho);
	check("sntrup761 kat", check_hex(pub, kat_pub) == sizeof(pub), "length of the key");
	check("sntrup761 kat", check_hex(ct, kat_ct) == sizeof(ct), "length of the ciphertext");
	check_hex(want, kat_shared);
	sntrup761_decap(sec, pub, ct, one);
	check("sntrup761 kat decap", !memcmp(one, want, 32), "another secret");
}

static void test_both(void)
{
	int good = 1, alike = 0;

	for (int i = 0; i < 10; i++) {
		sntrup761_keygen(&rng, sec, pub);
		sntrup761_encap(&rng, pub, ct, one);
		alike |= !memcmp(one, two, 32);
		sntrup761_decap(sec, pub, ct, two);
		good &= !memcmp(one, two, 32);
	}
	check("sntrup761 both ends", good, "they differ");
	check("sntrup761 fresh secrets", !alike, "twice the same");
}

/* any byte of a ciphertext: another secret, but the same one each time */
static void test_damage(void)
{
	uint8_t again[32];
	int same = 0, stable = 1;

	for (size_t i = 0; i < sizeof(ct); i += i < 1000 ? 97 : 3) {
		ct[i] ^= 1;
		sntrup761_decap(sec, pub, ct, two);
		sntrup761_decap(sec, pub, ct, again);
		same |= !memcmp(one, two, 32);
		stable &= !memcmp(again, two, 32);
		ct[i] ^= 1;
	}
	check("sntrup761 damage", !same, "the same secret");
	check("sntrup761 damage", stable, "another secret each time");
	memset(ct, 0xff, sizeof(ct));
	sntrup761_decap(sec, pub, ct, two);
	memset(pub, 0xff, sizeof(pub));
	sntrup761_encap(&rng, pub, ct, one);
	check("sntrup761 ones", 1, "");
}

/* third / s times s is third */
static void test_recip(const struct sntrup_mod *m, const char *name)
{
	int16_t v[SNTRUP_P + 1];
	uint8_t s[SNTRUP_SMALL] = {0x55};
	int good = 1;

	for (int n = 0; n < 5; n++) {
		for (int i = 0; i < SNTRUP_P; i++) {
			uint32_t u = 0;

			rng_bytes(&rng, &u, 2);
			s[i / 4] &= ~(3 << i % 4 * 2);
			s[i / 4] |= u % 3 << i % 4 * 2;
		}
		good &= sntrup_recip(v, s, m);
		sntrup_times(v, s);
		good &= sntrup_rest(v[0], m) == m->third;
		for (int i = 1; i < SNTRUP_P; i++)
			good &= sntrup_rest(v[i], m) == 0;
	}
	check("sntrup761 recip", good, name);
	memset(s, 0x55, sizeof(s));
	check("sntrup761 recip of 0", !sntrup_recip(v, s, m), name);
}

/* 286 of f are not 0, and no place or sign is more likely than others by much */
static void test_weight(void)
{
	static int at[SNTRUP_P];
	int good = 1, plus = 0, first = 0, f, n;

	for (int k = 0; k < 8; k++) {
		sntrup761_keygen(&rng, sec, pub);
		n = 0;
		for (int i = 0; i < SNTRUP_P; i++) {
			f = sntrup_small(sec, i);
			n += f != 0;
			plus += f > 0;
			at[i] += f != 0;
		}
		good &= n == 286;
	}
	check("sntrup761 weight", good, "not 286");
	check("sntrup761 signs", plus > 286 * 8 * 45 / 100 && plus < 286 * 8 * 55 / 100, "uneven");
	for (int i = 0; i < SNTRUP_P / 2; i++)
		first += at[i];
	check("sntrup761 places", first > 1020 && first < 1270, "uneven");
}

static void test_rest(void)
{
	int good = 1;

	for (int x = -4000000; x < 4000000; x += 7) {
		int a = sntrup_rest(x, &sntrup_q), b = sntrup_rest(x, &sntrup_3);

		good &= a >= -2295 && a <= 2295 && (x - a) % 4591 == 0;
		good &= b >= -1 && b <= 1 && (x - b) % 3 == 0;
	}
	check("sntrup_rest", good, "not the nearest");
	for (int x = -2296 * 2296 * 2; x <= 2296 * 2296 * 2; x += 5) {
		int a = sntrup_rest(x, &sntrup_q);

		good &= a >= -2296 && a <= 2296 && (x - a) % 4591 == 0;
	}
	check("sntrup_rest of products", good, "too far");
}

int main(void)
{
	static const uint8_t seed[32] = {11};

	rng_init(&rng, seed);
	test_rest();
	test_kat();
	test_recip(&sntrup_q, "mod q");
	test_recip(&sntrup_3, "mod 3");
	test_both();
	test_damage();
	test_weight();
	return check_result();
}
