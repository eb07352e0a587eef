"""The report's second program (part 3), flat: basic RNN, LSTM and GRU cells on MNIST rows.

Every line that the report prints stands here in the report's order and with its names, but for
``%tensorflow version 1.15`` and an import that nothing uses; the rest is the course's starter code.
TF1's ``input_data.read_data_sets`` is gone from TensorFlow 2, so the part of it that the program
uses is written out below (tensorflow/contrib/learn/python/learn/datasets/mnist.py, TF 1.15). Added:
settings on the command line, pinned kernels, seeds, ``--dump``.

    python starter/lstmMNISTStarterCode.py --cell gru --iterations 150000 --batch-size 50

It stands alone (no import from elec576) and is what the package is compared with, bit for bit.
"""
import argparse
import gzip
import os

# --------------------------------------------------
# settings

parser = argparse.ArgumentParser(description='RNN cells on MNIST, as listed in the report')
parser.add_argument('--cell', default='basic', choices=['basic', 'lstm', 'gru'])
parser.add_argument('--hidden', type=int, default=128)
parser.add_argument('--lr', type=float, default=1e-3)
parser.add_argument('--iterations', type=int, default=60000, help="the listing's trainingIters")
parser.add_argument('--batch-size', type=int, default=100)
parser.add_argument('--display-step', type=int, default=10)
parser.add_argument('--seed', type=int, default=0)
parser.add_argument('--threads', type=int, default=0, help='0: all cores')
parser.add_argument('--isa', default='avx2', choices=['avx2', 'avx512'])
parser.add_argument('--data', default=os.environ.get('ELEC576_DATA', '.'),
                    help='the folder that holds MNIST_data/')
parser.add_argument('--dump', help='write history and trained variables to this .npz')
args = parser.parse_args()

# --------------------------------------------------
# kernels, chosen before TensorFlow is loaded: they decide the last bits

for name in list(os.environ):
    if name.startswith(('TF_', 'TENSORFLOW_', 'XLA_', 'ONEDNN_', 'DNNL_', 'MKL_', 'OMP_', 'KMP_')) \
            and not name.startswith('TF_CPP_'):
        del os.environ[name]
os.environ['TF_ENABLE_ONEDNN_OPTS'] = '1'
os.environ['ONEDNN_MAX_CPU_ISA'] = {'avx2': 'AVX2', 'avx512': 'AVX512_CORE'}[args.isa]

import numpy as np
import tensorflow as tf
from tensorflow.python.ops import rnn, rnn_cell
import matplotlib.pyplot as plt

if (tf.__version__.split('.')[0] == '2'):
    import tensorflow.compat.v1 as tf
    tf.disable_v2_behavior()

np.random.seed(args.seed)
tf.set_random_seed(args.seed)


# --------------------------------------------------
# input_data.read_data_sets of TF1

def _read32(bytestream):
    return int(np.frombuffer(bytestream.read(4), dtype=np.dtype(np.uint32).newbyteorder('>'))[0])


def extract_images(path):
    with gzip.open(path) as bytestream:
        magic = _read32(bytestream)
        if magic != 2051:
            raise ValueError('Invalid magic number %d in MNIST image file: %s' % (magic, path))
        num_images = _read32(bytestream)
        rows = _read32(bytestream)
        cols = _read32(bytestream)
        buf = bytestream.read(rows * cols * num_images)
        data = np.frombuffer(buf, dtype=np.uint8)
        return data.reshape(num_images, rows, cols, 1)


def dense_to_one_hot(labels_dense, num_classes):
    num_labels = labels_dense.shape[0]
    index_offset = np.arange(num_labels) * num_classes
    labels_one_hot = np.zeros((num_labels, num_classes))
    labels_one_hot.flat[index_offset + labels_dense.ravel()] = 1
    return labels_one_hot


def extract_labels(path, num_classes=10):
    with gzip.open(path) as bytestream:
        magic = _read32(bytestream)
        if magic != 2049:
            raise ValueError('Invalid magic number %d in MNIST label file: %s' % (magic, path))
        num_items = _read32(bytestream)
        buf = bytestream.read(num_items)
        labels = np.frombuffer(buf, dtype=np.uint8)
        return dense_to_one_hot(labels, num_classes)


class DataSet(object):

    def __init__(self, images, labels):
        self._num_examples = images.shape[0]
        images = images.reshape(images.shape[0], images.shape[1] * images.shape[2])
        # Convert from [0, 255] -> [0.0, 1.0].
        images = images.astype(np.float32)
        images = np.multiply(images, 1.0 / 255.0)
        self._images = images
        self._labels = labels
        self._epochs_completed = 0
        self._index_in_epoch = 0

    @property
    def images(self):
        return self._images

    @property
    def labels(self):
        return self._labels

    def next_batch(self, batch_size, shuffle=True):
        start = self._index_in_epoch
        # Shuffle for the first epoch
        if self._epochs_completed == 0 and start == 0 and shuffle:
            perm0 = np.arange(self._num_examples)
            np.random.shuffle(perm0)
            self._images = self.images[perm0]
            self._labels = self.labels[perm0]
        # Go to the next epoch
        if start + batch_size > self._num_examples:
            # Finished epoch
            self._epochs_completed += 1
            # Get the rest examples in this epoch
            rest_num_examples = self._num_examples - start
            images_rest_part = self._images[start:self._num_examples]
            labels_rest_part = self._labels[start:self._num_examples]
            # Shuffle the data
            if shuffle:
                perm = np.arange(self._num_examples)
                np.random.shuffle(perm)
                self._images = self.images[perm]
                self._labels = self.labels[perm]
            # Start next epoch
            start = 0
            self._index_in_epoch = batch_size - rest_num_examples
            end = self._index_in_epoch
            images_new_part = self._images[start:end]
            labels_new_part = self._labels[start:end]
            return (np.concatenate((images_rest_part, images_new_part), axis=0),
                    np.concatenate((labels_rest_part, labels_new_part), axis=0))
        else:
            self._index_in_epoch += batch_size
            end = self._index_in_epoch
            return self._images[start:end], self._labels[start:end]


class mnist:
    validation_size = 5000
    folder = os.path.join(args.data, 'MNIST_data')
    train_images = extract_images(os.path.join(folder, 'train-images-idx3-ubyte.gz'))
    train_labels = extract_labels(os.path.join(folder, 'train-labels-idx1-ubyte.gz'))
    test_images = extract_images(os.path.join(folder, 't10k-images-idx3-ubyte.gz'))
    test_labels = extract_labels(os.path.join(folder, 't10k-labels-idx1-ubyte.gz'))
    validation = DataSet(train_images[:validation_size], train_labels[:validation_size])
    train = DataSet(train_images[validation_size:], train_labels[validation_size:])
    test = DataSet(test_images, test_labels)


# --------------------------------------------------
# parameters

learningRate = args.lr
trainingIters = args.iterations
batchSize = args.batch_size
displayStep = args.display_step

nInput = 28  # we want the input to take the 28 pixels
nSteps = 28  # every 28
nHidden = args.hidden  # number of neurons for the RNN
nClasses = 10  # this is MNIST so you know

x = tf.placeholder('float', [None, nSteps, nInput])
y = tf.placeholder('float', [None, nClasses])

weights = {
    'out': tf.Variable(tf.random_normal([nHidden, nClasses]))
}

biases = {
    'out': tf.Variable(tf.random_normal([nClasses]))
}


def RNN(x, weights, biases):
    x = tf.transpose(x, [1, 0, 2])
    x = tf.reshape(x, [-1, nInput])
    x = tf.split(x, nSteps, 0)  # configuring so you can get it as needed for the 28 pixels

    # find which lstm to use in the documentation
    if args.cell == 'basic':
        lstmCell = rnn_cell.BasicRNNCell(nHidden)
    elif args.cell == 'lstm':
        lstmCell = rnn_cell.BasicLSTMCell(nHidden, forget_bias=1.0)
    else:
        lstmCell = rnn_cell.GRUCell(nHidden)

    # for the rnn where to get the output and hidden state
    outputs, states = rnn.static_rnn(lstmCell, x, dtype=tf.float32)

    return tf.matmul(outputs[-1], weights['out']) + biases['out']


pred = RNN(x, weights, biases)

# optimization
# create the cost, optimization, evaluation, and accuracy
# for the cost softmax_cross_entropy_with_logits seems really good

cost = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(logits=pred, labels=y))
optimizer = tf.train.RMSPropOptimizer(learning_rate=learningRate).minimize(cost)

correctPred = tf.equal(tf.argmax(pred, 1), tf.argmax(y, 1))
accuracy = tf.reduce_mean(tf.cast(correctPred, tf.float32))

init = tf.initialize_all_variables()

train_accuracy_list = []
train_loss_list = []
step_list = []

with tf.Session(config=tf.ConfigProto(
        device_count={'GPU': 0},
        intra_op_parallelism_threads=args.threads,
        inter_op_parallelism_threads=args.threads)) as sess:
    sess.run(init)
    step = 1

    while step * batchSize < trainingIters:
        batchX, batchY = mnist.train.next_batch(batchSize)
        batchX = batchX.reshape((batchSize, nSteps, nInput))

        sess.run(optimizer, feed_dict={x: batchX, y: batchY})

        if step % displayStep == 0:
            acc = sess.run(accuracy, feed_dict={x: batchX, y: batchY})
            loss = sess.run(cost, feed_dict={x: batchX, y: batchY})
            step_list.append(step)
            train_accuracy_list.append(acc)
            train_loss_list.append(loss)
            print("Iter " + str(step * batchSize) + ", Minibatch Loss= "
                  + "{:.6f}".format(loss) + ", Training Accuracy= "
                  + "{:.5f}".format(acc))
        step += 1
    print('Optimization finished')

    testData = mnist.test.images.reshape((-1, nSteps, nInput))
    testLabel = mnist.test.labels
    test_accuracy = sess.run(accuracy, feed_dict={x: testData, y: testLabel})
    test_loss = sess.run(cost, feed_dict={x: testData, y: testLabel})
    print("Testing Accuracy:", test_accuracy)
    print("Testing loss:", test_loss)

    if args.dump:
        np.savez(args.dump, step=step_list, train_accuracy=train_accuracy_list,
                 train_loss=train_loss_list, test_accuracy=test_accuracy, test_loss=test_loss,
                 **{'variable_%d' % k: v
                    for k, v in enumerate(sess.run(tf.trainable_variables()))})

plt.figure(figsize=(12, 9))
plt.subplot(1, 2, 1)
plt.plot(np.array(step_list), train_accuracy_list, label='Train')
plt.title('Accuracy')
plt.legend()
plt.xlabel('Steps')
plt.ylabel('Accuracy')
plt.ylim(0, 1)

plt.subplot(1, 2, 2)
plt.plot(np.array(step_list), train_loss_list, label='Train')
plt.title('Cross Entropy')
plt.legend()
plt.xlabel('Steps')
plt.ylabel('Loss')
plt.show()
